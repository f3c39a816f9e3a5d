"""What a check concludes from what the cluster and CloudWatch show."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.eks.logging import objects
from fargatecount.eks.logging.check import (
    DAYS,
    GIB,
    GroupUse,
    LoggingCheck,
    LoggingEvidence,
    PodLogging,
    Verdict,
    check_logging,
    costs,
    pod_logging,
)
from fargatecount.eks.logging.config import LogDestination, default_data, role_policy
from fargatecount.eks.logging.plan import LoggingSituation
from fargatecount.eks.logging.steps import LogGroup

GROUP = "/aws/eks/web/fargate"
TO = LogDestination(cluster="web", account="111122223333", region="eu-west-1", partition="aws", group=GROUP, retention=30)
NOW = 1_790_000_000_000
HOUR = 3_600_000


def situation(**changes: Any) -> LoggingSituation:
    """Return a cluster that logs, with changes."""
    written = {**objects.config_map(default_data(TO))}
    written["metadata"] = {**written["metadata"], "creationTimestamp": "2026-09-20T00:00:00Z"}
    usual: dict[str, Any] = {
        "destination": TO,
        "roles": ("pods",),
        "namespace": objects.namespace(created=True),
        "config_map": written,
        "undo": None,
        "groups": {GROUP: LogGroup(name=GROUP, retention=30, stored_bytes=10 * GIB, made_for="web")},
        "policies": {"pods": role_policy(TO, (GROUP,))},
    }
    return LoggingSituation(**{**usual, **changes})


def evidence(**changes: Any) -> LoggingEvidence:
    """Return what a cluster that logs shows, with changes."""
    usual: dict[str, Any] = {
        "pods": [PodLogging("shop/web-1", NOW - HOUR)],
        "events": [],
        "use": {GROUP: GroupUse(incoming=DAYS * GIB, last_event=NOW - 60_000)},
    }
    return LoggingEvidence(**{**usual, **changes})


def failing(found: LoggingSituation, shown: LoggingEvidence) -> list[tuple[str, Verdict]]:
    """Return the checks that are not well."""
    return [(check.what, check.verdict) for check in check_logging(found, shown, NOW) if check.verdict is not Verdict.OK]


def one(found: LoggingSituation, shown: LoggingEvidence, what: str) -> LoggingCheck:
    """Return the first check of a kind that is not well."""
    return next(check for check in check_logging(found, shown, NOW) if check.what == what and check.verdict is not Verdict.OK)


def test_a_cluster_that_logs_has_no_remark() -> None:
    """Everything is ok, our own advice included."""
    assert failing(situation(), evidence()) == []


@pytest.mark.parametrize(
    ("found", "shown", "expected"),
    [
        (situation(config_map=None), evidence(use={}), [("configuration", Verdict.WRONG)]),
        (
            situation(namespace={"metadata": {"name": "aws-observability", "labels": {}}}),
            evidence(),
            [("configuration", Verdict.WRONG)],
        ),
        (situation(policies={"pods": None}), evidence(), [("rights", Verdict.UNKNOWN)]),
        (situation(groups={GROUP: LogGroup(name=GROUP, retention=None)}), evidence(), [("log group", Verdict.ADVICE)]),
        (situation(groups={GROUP: None}), evidence(), [("log group", Verdict.ADVICE)]),
        (situation(), evidence(pods=None, events=None, why_not="403"), [("pods", Verdict.UNKNOWN)]),
        (situation(), evidence(pods=[PodLogging("a/b", NOW, "LoggingDisabled: X")]), [("pods", Verdict.WRONG)]),
        (situation(), evidence(pods=[PodLogging("a/b", 0)]), [("pods", Verdict.ADVICE)]),
        (situation(), evidence(events=["FailedLogging: x"]), [("events", Verdict.WRONG)]),
        (situation(), evidence(use={GROUP: GroupUse(incoming=0, last_event=None)}), [("flow", Verdict.WRONG)]),
        (situation(), evidence(pods=[], use={GROUP: GroupUse(incoming=0, last_event=None)}), []),
        (situation(), evidence(use={GROUP: GroupUse(incoming=0, last_event=NOW - 5 * HOUR)}), [("flow", Verdict.ADVICE)]),
        (situation(), evidence(use={GROUP: GroupUse(incoming=1000 * GIB, last_event=NOW)}), [("cost", Verdict.ADVICE)]),
    ],
)
def test_each_trouble_is_found(found: LoggingSituation, shown: LoggingEvidence, expected: list[tuple[str, Verdict]]) -> None:
    """One thing is wrong, and one check says so; what could not be read is unknown, not well."""
    assert failing(found, shown) == expected


def test_a_pod_without_logs_is_named_with_its_reason() -> None:
    """The annotation that Fargate writes is passed on."""
    annotations = {"Logging": "LoggingDisabled: LOGGING_CONFIGMAP_NOT_FOUND"}
    pod = {"metadata": {"namespace": "shop", "name": "web-1", "creationTimestamp": "2026-09-20T00:00:00Z", "annotations": annotations}}
    check = one(situation(), evidence(pods=[pod_logging(pod)]), "pods")
    assert "shop/web-1: LoggingDisabled: LOGGING_CONFIGMAP_NOT_FOUND" in check.text
    assert "rollout restart" in check.remedy


def test_an_annotation_that_says_it_logs_is_no_complaint() -> None:
    """`LoggingEnabled` is well, and so is a pod without the annotation."""
    pods: list[dict[str, Any]] = [{"metadata": {"annotations": {"Logging": "LoggingEnabled"}}}, {"metadata": {}}, {}]
    assert [pod_logging(pod).complaint for pod in pods] == ["", "", ""]


def test_cost_is_of_a_month_and_dearest_first() -> None:
    """14 GiB in 14 days are 30.4 a month, 15.20 USD; 10 GiB stored are 0.30; unknown ingestion stays unknown."""
    other = LogGroup(name="other", retention=None, stored_bytes=0)
    found = situation(groups={"other": other, GROUP: LogGroup(name=GROUP, retention=30, stored_bytes=10 * GIB)})
    first, second = costs(found, evidence())
    assert first.name == GROUP
    assert [first.storage, first.ingestion] == pytest.approx([0.30, 15.20])
    assert (second.ingestion, second.storage) == (None, 0)
