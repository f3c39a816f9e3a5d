"""Outcome: what one check of the self-test proves, and the verdict on it.

Pure. `docs/unproven.md` names the check that proves each claim. Evidence has numbers and never names of clusters, services or roles, so
that the report can be sent to the project.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum

import msgspec

from fargatecount.errors import FargatecountError


class ClaimVerdict(StrEnum):
    """What a check came to."""

    PROVEN = "proven"
    REFUTED = "refuted"
    NOT_KNOWN = "not known"
    """It could not be read, or nothing has happened yet that would show it. Never the same as proven."""


class Outcome(msgspec.Struct, frozen=True):
    """The verdict on one claim."""

    verdict: ClaimVerdict
    evidence: tuple[str, ...]
    remedy: str = ""
    """What to do to make it known, or to correct it; empty where nothing is to be done."""


CLAIMS: Mapping[str, str] = {
    "clock": "This machine's clock agrees with AWS's, so that ages and delays below can be believed.",
    "function-rights": "IAM allows the role of each function what its policy grants: no boundary or service control policy removes it.",
    "write-fence": "A row can be written only together with its counter: IAM denies a single write of one.",
    "events-arrive": "The event rule is enabled, matches task events, and each match reaches the queue.",
    "queue-drains": "Task events are taken from the queue within seconds.",
    "no-dead-letters": "Every event can be parsed and counted.",
    "event-to-count": "Events are counted within seconds after the change.",
    "every-cluster-listed": "AWS lets the reconciler list every cluster.",
    "statistics-agree": "The counts of running and pending tasks are those of DescribeClusters.",
    "few-events-lost": "EventBridge loses few events: the reconciler repairs few starts and stops.",
    "no-throttling": "The reconciler's rate stays below the limits of the ECS API.",
    "quotas-readable": "Service Quotas answers with both vCPU quotas.",
    "usage-series": "AWS/Usage has the series of both capacities under the dimensions that the alarms use.",
    "usage-agrees": "The ledger's held vCPU are those that AWS counts towards the quota.",
    "states-that-count": "Pending and stopping workloads count towards the quota.",
    "count-to-metric": "What is published can be read in CloudWatch within three minutes.",
    "metrics-of-functions": "CloudWatch makes metrics of the lines in the functions' logs.",
    "alarms-see-data": "The alarms on the quota, on AWS's own count and on liveness have data.",
    "metric-to-alarm": "An alarm follows its metric within two minutes.",
}
"""Every check, in the order of the report."""


def proven(*evidence: str) -> Outcome:
    """Return that the claim holds here."""
    return Outcome(ClaimVerdict.PROVEN, evidence)


def refuted(*evidence: str, remedy: str) -> Outcome:
    """Return that the claim does not hold here."""
    return Outcome(ClaimVerdict.REFUTED, evidence, remedy)


def not_known(*evidence: str, remedy: str) -> Outcome:
    """Return that nothing shows whether the claim holds."""
    return Outcome(ClaimVerdict.NOT_KNOWN, evidence, remedy)


def run_checks(checks: Iterable[tuple[str, Callable[[], Outcome]]]) -> Iterator[tuple[str, Outcome]]:
    """Run checks one after the other; one that could not read is not known, and stops no other."""
    for name, check in checks:
        try:
            outcome = check()
        except FargatecountError as error:
            outcome = not_known(f"could not read: {error}", remedy=error.remedy or "try again; if it lasts, the text says whom to ask")
        except Exception as error:  # noqa: BLE001 - a defect in one check must not hide what the others find
            outcome = not_known(f"unexpected error: {type(error).__name__}: {error}", remedy="this is a defect: please report it")
        yield name, outcome
