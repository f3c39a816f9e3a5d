"""The rule that hands limit events to a chat."""

from __future__ import annotations

import json
import re
from functools import reduce
from typing import Any

import pytest
from moto.events.models import EventPattern

from fargatecount.adapters.eventbridge import entry
from fargatecount.breaches.breach import BreachLevel, Change, ChangeKind, QuotaGauge
from fargatecount.breaches.event import limit_event
from fargatecount.breaches.growth import Growth
from fargatecount.counts import Tally
from fargatecount.workload import Capacity
from tests.package.artefact import Artefact
from tests.package.template import logical_id
from tests.support.builders import MINUTE, NOW, SCOPE, WEB

GAUGE = QuotaGauge(capacity=Capacity.SPOT, level=BreachLevel.CRITICAL, threshold=95, unit="vCPU", value=20, used=19, percent=95)
GREW = Growth(WEB, 'service:"quoted"\n\\', Tally(1, 1024, 2048), Tally(2, 2048, 4096))


def event(kind: ChangeKind) -> dict[str, Any]:
    """An event as it is on the bus."""
    sent = entry(limit_event(Change(kind=kind, gauge=GAUGE, since=NOW, at=NOW + MINUTE), SCOPE, [GREW]))
    envelope = {"version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "account": SCOPE.account, "region": SCOPE.region}
    return {**envelope, "source": sent["Source"], "detail-type": sent["DetailType"], "detail": json.loads(sent["Detail"])}


@pytest.fixture
def rule(prod_with_options: Artefact) -> dict[str, Any]:
    """The rule, where it is asked for."""
    return prod_with_options.template.of_type("AWS::Events::Rule")["LimitEvents"]


def transformed(rule: dict[str, Any], of: dict[str, Any]) -> dict[str, Any]:
    """What the target gets: by EventBridge's rules a placeholder outside of a text becomes the JSON that its path leads to."""
    (target,) = rule["Targets"]
    transformer = target["InputTransformer"]
    template = transformer["InputTemplate"]
    assert "<" not in re.sub(r"(?<=: )<\w+>", "", template), "a placeholder within a text is not escaped"
    for name, path in transformer["InputPathsMap"].items():
        value = reduce(lambda found, part: found[part], path.removeprefix("$.").split("."), of)
        template = template.replace(f"<{name}>", json.dumps(value))
    message: dict[str, Any] = json.loads(template)
    return message


def test_without_asking_there_is_no_chat(prod: Artefact) -> None:
    """By default neither rule nor topic is made; armed, they still wait to be asked for."""
    assert not {"LimitEvents", "ChatTopic", "ChatTopicPolicy"} & set(prod.template.resources)
    assert "ChatTopicArn" not in prod.template.outputs
    assert prod.template.raw["Parameters"]["Chat"]["Default"] == "false"
    conditions = prod.template.raw["Conditions"]
    assert conditions["HasChat"] == {"Fn::And": [{"Condition": "IsArmed"}, {"Fn::Equals": [{"Ref": "Chat"}, "true"]}]}


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_the_rule_takes_both_ends_of_a_breach(rule: dict[str, Any], kind: ChangeKind) -> None:
    """Its pattern fits the events that are put."""
    assert EventPattern.load(json.dumps(rule["EventPattern"])).matches_event(event(kind))


@pytest.mark.parametrize("other", [{"source": "acme"}, {"detail-type": "Fargate Something"}], ids=str)
def test_the_rule_takes_nothing_else(rule: dict[str, Any], other: dict[str, str]) -> None:
    """Neither other sources nor other events."""
    assert not EventPattern.load(json.dumps(rule["EventPattern"])).matches_event({**event(ChangeKind.CROSSED), **other})


def test_the_chat_gets_a_custom_notification(rule: dict[str, Any]) -> None:
    """By AWS's schema, with the event's own words as content, whatever is in them."""
    of = event(ChangeKind.CROSSED)
    notification = transformed(rule, of)
    assert set(notification) == {"version", "source", "id", "content", "metadata"}
    assert (notification["version"], notification["source"]) == ("1.0", "custom")
    assert notification["content"] == of["detail"]["chat"]
    assert set(notification["content"]) <= {"textType", "title", "description", "nextSteps", "keywords"}
    assert set(notification["metadata"]) <= {"threadId", "summary", "eventType", "relatedResources", "additionalContext"}


def test_the_end_of_a_breach_is_in_the_thread_of_its_beginning(rule: dict[str, Any]) -> None:
    """A chat shows it as an answer."""
    begun, ended = (transformed(rule, event(kind))["metadata"]["threadId"] for kind in (ChangeKind.CROSSED, ChangeKind.CLEARED))
    assert begun == ended


def test_the_topic_is_encrypted_and_can_be_found(rule: dict[str, Any], prod_with_options: Artefact) -> None:
    """The rule's target is the topic that the stack's output names, under the stack's key."""
    (target,) = rule["Targets"]
    assert logical_id(target["Arn"]) == "ChatTopic"
    assert prod_with_options.template.outputs["ChatTopicArn"] == {"Ref": "ChatTopic"}
    assert logical_id(prod_with_options.template.of_type("AWS::SNS::Topic")["ChatTopic"]["KmsMasterKeyId"]) == "AlertsKey"
