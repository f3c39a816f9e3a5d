"""The first deployment: a few answers as settings, the wait for the first full pass, and where to look afterwards.

Pure but for the wait.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from fargatecount.clock import Clock
from fargatecount.metrics.series import Detail
from fargatecount.stack.cost import monthly_cost
from fargatecount.workload import Millis

PAUSE = 2.0
"""Seconds between two looks at the table."""
PATIENCE: Millis = 10 * 60_000
"""Twice the longest run of the reconciler; it starts within a minute."""
CONSOLES = {"aws": "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
"""The console's host name by partition; of other partitions it is not known here."""


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What a new user decides."""

    email: str = ""
    """Address of the alarm mails; empty if there is none."""
    vcpu_limit: float = 0.0
    """An own limit on vCPU over all clusters; 0 for none."""
    budget: float = 0.0
    """USD a month for metrics, alarms and dashboard; 0 for none of them."""


class FirstPass(msgspec.Struct, frozen=True, kw_only=True):
    """How far the first full pass is."""

    complete: bool
    listed: int
    known: int


def affordable_detail(budget: float, clusters: int, settings: Mapping[str, str]) -> Detail | None:
    """Return the finest detail whose cost fits a budget in USD a month; None if not even the coarsest does.

    `settings` are the values of all parameters.
    """
    fitting = [detail for detail in Detail if monthly_cost({**settings, "Armed": "true", "Detail": detail}, clusters) <= budget]
    return fitting[-1] if fitting else None


def settings_of(answers: Answers, defaults: Mapping[str, str], clusters: int) -> dict[str, str]:
    """Return the parameters that follow from the answers."""
    chosen = {"PagingEmail": answers.email, "QuietEmail": answers.email} if answers.email else {}
    if answers.vcpu_limit:
        chosen["Limits"] = msgspec.json.encode({"total": {"vcpu": answers.vcpu_limit}}).decode()
    detail = affordable_detail(answers.budget, clusters, {**defaults, **chosen})
    return {**chosen, "Armed": "false"} if detail is None else {**chosen, "Armed": "true", "Detail": detail.value}


def await_first_pass(look: Callable[[], FirstPass], clock: Clock, show: Callable[[FirstPass], None]) -> bool:
    """Wait until every cluster has been listed once; return False if that takes longer than ten minutes."""
    end = clock.now() + PATIENCE
    while not (found := look()).complete:
        show(found)
        if clock.now() > end:
            return False
        clock.sleep(PAUSE)
    show(found)
    return True


def dashboard_link(region: str, name: str, partition: str) -> str:
    """Return the address of a CloudWatch dashboard; empty in a partition whose console is not known."""
    host = CONSOLES.get(partition)
    return f"https://{region}.{host}/cloudwatch/home?region={region}#dashboards:name={name}" if host else ""
