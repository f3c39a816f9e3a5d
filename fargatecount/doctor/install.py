"""Doctor on the installation: the caller, this machine's clock, the stack, and the cost of metrics and alarms.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from fargatecount.doctor.findings import DoctorTarget, Finding, ok, problem, warning
from fargatecount.metrics.bill import monthly
from fargatecount.metrics.series import Detail
from fargatecount.quotas.limits import Limits
from fargatecount.workload import Millis

TOLERATED: Millis = 5 * 60_000
"""AWS refuses a request whose signature is older or newer than this
(https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html)."""
NOTICEABLE: Millis = 60_000
"""From this error on, the displayed ages and times mislead; the date of AWS's answer is exact to a second."""

OUTPUTS = ("TableName", "TaskQueueUrl", "DeadLettersUrl", "PublishFailuresUrl", "ReportsBucket", "ReconcileRoleArn", "Version")
"""The outputs of the stack that this version reads."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The caller, as STS reports it."""

    arn: str
    account: str
    skew: Millis | None
    """Time by which this machine's clock is ahead of AWS's; None if the answer had no date."""

    @property
    def partition(self) -> str:
        """The AWS partition (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)."""
        return self.arn.split(":")[1]


def of_caller(caller: Caller, place: DoctorTarget) -> Iterator[Finding]:
    """Report the caller, the account and the Region."""
    yield ok(f"{caller.arn}, account {caller.account}, Region {place.region}")


def of_clock(caller: Caller) -> Iterator[Finding]:
    """Report the error of this machine's clock."""
    if caller.skew is None:
        yield warning(
            "AWS's answer bore no date, so this machine's clock could not be compared", "nothing, unless AWS_ENDPOINT_URL is meant"
        )
        return
    seconds = abs(caller.skew) / 1000
    text = f"this machine's clock is {seconds:.0f} s {'ahead of' if caller.skew > 0 else 'behind'} AWS's"
    if abs(caller.skew) >= TOLERATED:
        yield problem(text, "AWS refuses requests that are 5 minutes off: set the clock", "timedatectl set-ntp true")
    elif abs(caller.skew) >= NOTICEABLE:
        yield warning(text, "ages are shown wrong by that, and at 5 minutes AWS refuses: set the clock", "timedatectl set-ntp true")
    else:
        yield ok(text)


def of_stack(outputs: Mapping[str, str], version: str, place: DoctorTarget) -> Iterator[Finding]:
    """Compare the deployed version with that of this command."""
    deployed = outputs.get("Version")
    upgrade = f"fargatecount upgrade --region {place.region} --stage {place.stage}"
    if not deployed:
        yield warning(f"stack {place.stack} does not say its version", "it is older than this command: deploy this version", upgrade)
    elif deployed != version:
        yield warning(
            f"stack {place.stack} is version {deployed}, this command {version}",
            f"deploy this version, or install the other: pip install fargatecount=={deployed}",
            upgrade,
        )
    else:
        yield ok(f"stack {place.stack}, version {deployed}, as this command")
    missing = [name for name in OUTPUTS if not outputs.get(name)]
    if missing:
        yield problem(f"stack {place.stack} lacks the outputs {', '.join(missing)}", "deploy this version", upgrade)


def of_bill(outputs: Mapping[str, str], limits: Limits, clusters: int, limited: int, place: DoctorTarget) -> Iterator[Finding]:
    """Report the monthly cost of metrics and alarms, or what it is when armed; `limited` is the number of clusters with their own limit."""
    detail = outputs.get("Detail", "")
    if detail not in {*Detail}:
        yield warning(
            f"stack {place.stack} does not say its level of detail, so the bill is not known",
            "deploy this version",
            f"fargatecount upgrade --region {place.region} --stage {place.stage}",
        )
        return
    services = int(outputs.get("TopServices") or 20)
    total = limits.total.workloads is not None or limits.total.vcpu is not None
    bill = monthly(Detail(detail), clusters, services=services, limited_clusters=limited, total_limit=total)
    what = f"{bill.total:.2f} USD a month, {bill.most:.2f} at most, for {bill.series} series of {clusters} clusters at detail {detail}"
    if outputs.get("Armed") == "true":
        yield ok(
            f"metrics and alarms cost {what} (list prices of us-east-1, after the free tier)",
            "less: --set detail=total, or include and exclude; docs/metrics.md has each level",
        )
    else:
        arm = f"fargatecount deploy --region {place.region} --stage {place.stage} --set armed=true"
        yield ok(f"unarmed: nothing is put to CloudWatch; armed it is {what}", f"to arm it: {arm}")
