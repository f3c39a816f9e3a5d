"""Doctor: the state of a deployment and of the caller's rights, and what to do about it.

Owns the frame: findings, checks that fail alone, the exit code, and the shape `fargatecount/doctor` version 1: keys may be added, none is
renamed. What each check finds out of what it sees is decided in the modules `doctor_*`, which are pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from fargatecount.errors import FargatecountError, MisconfiguredError
from fargatecount.settings.environment import stack_of

WELL, NOT_WELL, COULD_NOT_LOOK = 0, 1, 3


class Severity(StrEnum):
    """How much a finding asks for."""

    OK = "ok"
    WARNING = "warning"
    """The numbers are right; look at it some day."""
    PROBLEM = "problem"
    """Numbers are missing, late or about to be, or something cannot be used."""
    UNKNOWN = "unknown"
    """It could not be looked at, which is never the same as well."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that was found, and what to do about it."""

    level: Severity
    text: str
    remedy: str = ""
    """Empty where nothing is to be done."""
    commands: tuple[str, ...] = ()
    """Exactly what to type."""


class Check(msgspec.Struct, frozen=True):
    """One thing to look at."""

    name: str
    look: Callable[[], Iterable[Finding]]
    essential: bool = False
    """Whether nothing else can be looked at where this cannot."""


class Checked(msgspec.Struct, frozen=True):
    """What a check found."""

    name: str
    findings: Sequence[Finding]
    ends_it: bool = False
    """Whether all further checks were left out."""


class DoctorTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Which deployment is meant, as commands name it."""

    stack: str
    stage: str
    region: str
    profile: str | None = None

    @property
    def aws(self) -> str:
        """Options for the AWS CLI."""
        return f"--region {self.region}" + (f" --profile {self.profile}" if self.profile else "")

    @property
    def ours(self) -> str:
        """Options for commands of our own."""
        if self.stack != stack_of(self.stage):
            return f"{self.aws} --stack {self.stack}"
        return self.aws + (f" --stage {self.stage}" if self.stage != "prod" else "")

    def log_of(self, function: str) -> str:
        """Return the command that shows what a function has said lately."""
        return f"aws logs tail /aws/lambda/{self.stack}-{function} --since 30m {self.aws}"


def ok(text: str, remedy: str = "") -> Finding:
    """Return a finding that all is well."""
    return Finding(Severity.OK, text, remedy)


def warning(text: str, remedy: str, *commands: str) -> Finding:
    """Return a finding that can wait."""
    return Finding(Severity.WARNING, text, remedy, commands)


def problem(text: str, remedy: str, *commands: str) -> Finding:
    """Return a finding that cannot."""
    return Finding(Severity.PROBLEM, text, remedy, commands)


def unlooked(error: FargatecountError, seen: dict[str, str], check: str) -> Finding:
    """Return the finding of a check that could not look; `seen` says which check has met the same error first, and is added to."""
    first = seen.setdefault(str(error), check)
    remedy = error.remedy or "try again; if it lasts, the text says whom to ask"
    if first != check:
        return Finding(Severity.UNKNOWN, f"could not look, for the same reason as {first}")
    # What is wrongly set or not there has been looked at, and is a finding; all else is not known.
    level, text = (
        (Severity.PROBLEM, str(error)) if isinstance(error, MisconfiguredError) else (Severity.UNKNOWN, f"could not look: {error}")
    )
    return Finding(level, text, remedy)


def examine(checks: Iterable[Check]) -> Iterator[Checked]:
    """Run checks one after the other; one that fails is a finding of its own, and stops the others only where it is essential."""
    seen: dict[str, str] = {}
    for check in checks:
        findings: list[Finding] = []
        failed = True
        try:
            findings.extend(check.look())  # what was found before it fails is kept
            failed = False
        except FargatecountError as error:
            findings.append(unlooked(error, seen, check.name))
        except Exception as error:  # noqa: BLE001 - a defect in one check must not hide what the others find
            text = f"unexpected error: {type(error).__name__}: {error}"
            findings.append(Finding(Severity.UNKNOWN, text, "this is a defect: please report it with this line"))
        checked = Checked(check.name, findings, ends_it=failed and check.essential)
        yield checked
        if checked.ends_it:
            return


def exit_code(checked: Sequence[Checked], *, strict: bool = False) -> int:
    """Return the command's exit code: warnings count only if `strict`."""
    if any(each.ends_it for each in checked):
        return COULD_NOT_LOOK
    levels = {finding.level for each in checked for finding in each.findings}
    bad = {Severity.PROBLEM, Severity.UNKNOWN} | ({Severity.WARNING} if strict else set())
    return NOT_WELL if levels & bad else WELL
