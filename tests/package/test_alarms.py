"""Alarms and topics: what they watch exists, and they treat silence as they must."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from fargatecount.metrics import bill
from fargatecount.metrics.catalog import METRICS
from local.aws.alarm_state import State, state_of
from tests.package.artefact import ROOT, Artefact
from tests.package.template import logical_id

ALARM = "AWS::CloudWatch::Alarm"
COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
SILENCE_IS_NONE = {"LaunchesRefused", "EventAge"}
"""What they watch are events, not levels: without one there is nothing to be alarmed of."""


@pytest.fixture(params=["local", "prod_with_options"])
def armed(request: pytest.FixtureRequest) -> Artefact:
    """Each artifact that is armed."""
    found: Artefact = request.getfixturevalue(request.param)
    return found


def alarms(artefact: Artefact) -> dict[str, dict[str, Any]]:
    return artefact.template.of_type(ALARM)


def watched(alarm: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every metric of an alarm, with its period and statistic."""
    if "MetricName" in alarm:
        yield alarm
    for query in alarm.get("Metrics", ()):
        if "MetricStat" in query:
            stat = query["MetricStat"]
            yield {**stat["Metric"], "Period": stat["Period"], "Statistic": stat["Stat"]}


def declared(prefix: str) -> set[tuple[str, frozenset[str]]]:
    return {(metric.name(prefix), frozenset(metric.dimensions)) for metric in METRICS}


def prefix_of(artefact: Artefact) -> str:
    variables = next(function["Environment"]["Variables"] for function in artefact.template.of_type("AWS::Lambda::Function").values())
    return str(variables["FARGATECOUNT_METRIC_PREFIX"])


def test_unarmed_nothing_is_made_that_costs(prod: Artefact) -> None:
    """Without metrics there are no alarms, no topics with their key, and no dashboard."""
    kinds = {body["Type"] for body in prod.template.resources.values()}
    assert not [kind for kind in kinds if kind.startswith(("AWS::CloudWatch::", "AWS::SNS::", "AWS::KMS::"))]


def test_alarms_watch_what_is_published(armed: Artefact) -> None:
    """Each metric of the project that an alarm watches is in the table of metrics, with the same dimensions."""
    ours = declared(prefix_of(armed))
    seen = set()
    for name, alarm in alarms(armed).items():
        for metric in watched(alarm):
            if not metric["Namespace"].startswith("AWS/"):
                entry = (metric["MetricName"], frozenset(each["Name"] for each in metric.get("Dimensions", ())))
                assert entry in ours, name
                seen.add(entry)
    assert len(seen) >= 8


def test_the_alarm_per_cluster_queries_what_is_published(prod_with_options: Artefact) -> None:
    """The Metrics Insights query names the limit metric, its namespace and its only dimension, and orders as an alarm on groups must."""
    (query,) = alarms(prod_with_options)["LimitPerCluster"]["Metrics"]
    assert query["Expression"] == (
        'SELECT MAX("acme-limit-utilization") FROM SCHEMA("Acme/Fargate", cluster) GROUP BY cluster ORDER BY MAX() DESC'
    )
    assert ("acme-limit-utilization", frozenset({"cluster"})) in declared("acme")


def test_silence_never_clears_a_breach(armed: Artefact) -> None:
    """Missing data leaves every alarm on a level as it is; only the one on silence itself takes it for a breach."""
    treatment = {name: alarm["TreatMissingData"] for name, alarm in alarms(armed).items()}
    assert treatment.pop("Liveness") == "breaching"
    assert {name for name, how in treatment.items() if how == "notBreaching"} == SILENCE_IS_NONE
    assert {how for name, how in treatment.items() if name not in SILENCE_IS_NONE} == {"ignore"}


def test_ten_silent_minutes_leave_a_breach_a_breach(armed: Artefact) -> None:
    """By CloudWatch's rules for missing data each alarm on a level is then still in ALARM, and one that is OK still OK."""
    for name, alarm in alarms(armed).items():
        if name in SILENCE_IS_NONE | {"Liveness"}:
            continue
        shortest = min((metric["Period"] for metric in watched(alarm)), default=60)
        both: tuple[State, ...] = ("ALARM", "OK")
        for before in both:
            state = before
            for _ in range(600 // shortest):
                state = state_of(
                    [None] * (int(alarm["EvaluationPeriods"]) + 2),
                    evaluate=int(alarm["EvaluationPeriods"]),
                    to_alarm=int(alarm["DatapointsToAlarm"]),
                    treat_missing=alarm["TreatMissingData"],
                    before=state,
                )
            assert state == before, name


def test_every_alarm_reads_the_maximum(armed: Artefact) -> None:
    """A level is never summed: two points of one minute are one level."""
    assert {metric["Statistic"] for alarm in alarms(armed).values() for metric in watched(alarm)} == {"Maximum"}


def test_short_periods_have_high_resolution_metrics(armed: Artefact) -> None:
    """An alarm of 10 s watches a metric of 1 s; on any other it would flap."""
    fine = {metric.name(prefix_of(armed)) for metric in METRICS if metric.resolution == 1}
    short = [metric for alarm in alarms(armed).values() for metric in watched(alarm) if metric["Period"] < 60]
    assert {metric["MetricName"] for metric in short} <= fine
    assert len(short) == 2


def test_thresholds_come_from_the_settings(prod_with_options: Artefact) -> None:
    """Each threshold and each length is the one that was set."""
    # What is given on the command line is text, and CloudFormation takes numbers as text too.
    found = {name: (float(alarm["Threshold"]), int(alarm["EvaluationPeriods"])) for name, alarm in alarms(prod_with_options).items()}
    assert found["CriticalOnDemand"] == found["CriticalSpot"] == found["NativeOnDemand"] == found["NativeSpot"] == (90, 1)
    assert found["WarningOnDemand"] == found["WarningSpot"] == (70, 3)
    assert found["LimitTotal"] == found["LimitPerCluster"] == (75, 1)
    assert (found["Drift"], found["EventAge"]) == ((3, 1), (30_000, 3))
    assert found["UnreadableClusters"] == found["QuotaUnknown"] == (0, 5)
    assert found["Liveness"] == (1, 2)


def test_what_may_wake_people_is_the_quota_and_blindness(armed: Artefact) -> None:
    """Critical, refused launches and silence page; everything else is quiet; the alarm that only sums up has no action."""
    every = {**alarms(armed), **armed.template.of_type(COMPOSITE)}
    notified = {name: {logical_id(one) for one in alarm.get("AlarmActions", ())} for name, alarm in every.items()}
    assert {name for name, topics in notified.items() if topics == {"PagingTopic"}} == {
        "CriticalOnDemand",
        "CriticalSpot",
        "CriticalWhileBlind",
        "LaunchesRefused",
        "Liveness",
    }
    assert {name for name, topics in notified.items() if not topics} == {"CannotBeTrusted"}
    assert all(alarm.get("AlarmActions") == alarm.get("OKActions") for alarm in every.values())


def test_every_alarm_says_what_it_means(armed: Artefact) -> None:
    """Each has a description, and a name that begins as the stack's."""
    for alarm in (*alarms(armed).values(), *armed.template.of_type(COMPOSITE).values()):
        assert len(alarm["AlarmDescription"]) > 40
        assert alarm["AlarmName"].startswith(str(armed.provider["stackName"]) + "-")


def test_composite_alarms_name_alarms_of_this_stack(armed: Artefact) -> None:
    """Each rule is made of alarms that are there."""
    for alarm in armed.template.of_type(COMPOSITE).values():
        names = re.findall(r'ALARM\("\$\{(\w+)\}"\)', alarm["AlarmRule"]["Fn::Sub"])
        assert len(names) >= 3
        assert set(names) <= set(alarms(armed))


def test_own_limits_have_alarms_only_if_there_are_any(local: Artefact, prod_with_options: Artefact) -> None:
    """Without a limit there is nothing to watch and nothing to pay."""
    ours = {"LimitTotal", "LimitPerCluster"}
    assert not ours & set(alarms(local))
    assert ours <= set(alarms(prod_with_options))


def test_topics_are_encrypted_with_a_key_that_alarms_may_use(armed: Artefact) -> None:
    """SNS's own key is closed to CloudWatch, so the topics have one of the stack, which turns over every year."""
    topics = armed.template.of_type("AWS::SNS::Topic")
    assert {"PagingTopic", "QuietTopic"} <= set(topics)
    assert {logical_id(topic["KmsMasterKeyId"]) for topic in topics.values()} == {"AlertsKey"}
    assert armed.template.only("AWS::KMS::Key")["EnableKeyRotation"] is True


def test_mail_is_sent_where_an_address_is_set(local: Artefact, prod_with_options: Artefact) -> None:
    """An address subscribes to its topic; without one there is no subscription."""
    assert not local.template.of_type("AWS::SNS::Subscription")
    found = prod_with_options.template.of_type("AWS::SNS::Subscription").values()
    assert {(logical_id(one["TopicArn"]), one["Protocol"], one["Endpoint"]) for one in found} == {
        ("PagingTopic", "email", "pager@example.com"),
        ("QuietTopic", "email", "team@example.com"),
    }


def test_the_bill_counts_the_alarms_that_there_are(local: Artefact) -> None:
    """What the bill charges for alarms is what the template makes: by metric watched, fast ones and composite ones apart."""
    found = [metric["Period"] < 60 for alarm in alarms(local).values() for metric in watched(alarm)]
    assert (found.count(False), found.count(True)) == (bill.STANDARD_ALARM_METRICS, bill.FAST_ALARMS)
    assert len(local.template.of_type(COMPOSITE)) == bill.COMPOSITE_ALARMS


def test_the_page_on_alarms_names_each(prod_with_options: Artefact) -> None:
    """docs/alarms.md has every alarm of the template, and none that is not there."""
    every = (*alarms(prod_with_options).values(), *prod_with_options.template.of_type(COMPOSITE).values())
    prefix = f"{prod_with_options.provider['stackName']}-"
    table = [line for line in (ROOT / "docs" / "alarms.md").read_text().splitlines() if line.startswith("| `")]
    named = {name for line in table for name in re.findall(r"`([a-z-]+)`", line.split("|")[1])}
    assert named == {alarm["AlarmName"].removeprefix(prefix) for alarm in every}


def test_the_runbook_has_a_section_for_every_alarm(prod_with_options: Artefact) -> None:
    """What it means, where to look first, what to do; and no section of an alarm that does not exist."""
    every = [*alarms(prod_with_options).values(), *prod_with_options.template.of_type(COMPOSITE).values()]
    stack = next(alarm["AlarmName"] for alarm in every if alarm["AlarmName"].endswith("-liveness")).removesuffix("-liveness")
    names = {alarm["AlarmName"].removeprefix(f"{stack}-") for alarm in every}
    chapter = (ROOT / "docs" / "runbook.md").read_text().partition("## An alarm went off\n")[2].partition("\n## ")[0]
    sections = [part.partition("\n") for part in chapter.split("\n### ")[1:]]
    titled = [name for title, _, _ in sections for name in title.split(", ")]
    assert sorted(titled) == sorted(names)
    for title, _, text in sections:
        assert re.findall(r"\*\*(Means|Look|Do|do)\*\*", text) in (["Means", "Look", "Do"], ["Means", "Look", "do"]), title
