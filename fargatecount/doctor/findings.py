"""Doctor: the state of a deployment and of the caller's permissions, and what to do about it.

This module has findings, checks and the exit code. A check that fails does not stop the others. The other modules of the package decide
what each check reports; they are pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from fargatecount.errors import FargatecountError, MisconfiguredError
from fargatecount.settings.environment import stack_of

WELL, NOT_WELL, COULD_NOT_LOOK = 0, 1, 3


class Severity(StrEnum):
    """How urgent a finding is."""

    OK = "ok"
    WARNING = "warning"
    """The numbers are right; the finding can wait."""
    PROBLEM = "problem"
    """Numbers are missing or late, or will be soon, or a function cannot be used."""
    UNKNOWN = "unknown"
    """The check could not be made, which never counts as ok."""


class Finding(msgspec.Struct, frozen=True):
    """One result of a check, and what to do about it."""

    level: Severity
    text: str
    remedy: str = ""
    """Empty if nothing is to be done."""
    commands: tuple[str, ...] = ()
    """The exact commands to run."""


class Check(msgspec.Struct, frozen=True):
    """One check."""

    name: str
    look: Callable[[], Iterable[Finding]]
    essential: bool = False
    """Whether no other check can be made if this one fails."""


class Checked(msgspec.Struct, frozen=True):
    """The findings of a check."""

    name: str
    findings: Sequence[Finding]
    ends_it: bool = False
    """Whether the remaining checks are skipped."""


class DoctorTarget(msgspec.Struct, frozen=True, kw_only=True):
    """The deployment that is checked, as the commands of remedies name it."""

    stack: str
    stage: str
    region: str
    profile: str | None = None
    function_prefix: str = ""
    """First part of the functions' names; empty for the stack's."""

    @property
    def aws(self) -> str:
        """Options for the AWS CLI."""
        return f"--region {self.region}" + (f" --profile {self.profile}" if self.profile else "")

    @property
    def ours(self) -> str:
        """Options for `fargatecount` commands."""
        if self.stack != stack_of(self.stage):
            return f"{self.aws} --stack {self.stack}"
        return self.aws + (f" --stage {self.stage}" if self.stage != "prod" else "")

    def log_of(self, function: str) -> str:
        """Return the command that shows the latest log lines of a function."""
        return f"aws logs tail /aws/lambda/{self.function_prefix or self.stack}-{function} --since 30m {self.aws}"


def ok(text: str, remedy: str = "") -> Finding:
    """Return a finding that needs nothing done."""
    return Finding(Severity.OK, text, remedy)


def warning(text: str, remedy: str, *commands: str) -> Finding:
    """Return a finding that can wait."""
    return Finding(Severity.WARNING, text, remedy, commands)


def problem(text: str, remedy: str, *commands: str) -> Finding:
    """Return a finding that cannot wait."""
    return Finding(Severity.PROBLEM, text, remedy, commands)


def unlooked(error: FargatecountError, seen: dict[str, str], check: str) -> Finding:
    """Return the finding of a check that failed; `seen` maps each error to the first check that met it, and is updated."""
    first = seen.setdefault(str(error), check)
    remedy = error.remedy or "try again; if it lasts, the text says whom to ask"
    if first != check:
        return Finding(Severity.UNKNOWN, f"could not look, for the same reason as {first}")
    # A wrong setting or a missing resource is a result of the check; after any other error the result is unknown.
    level, text = (
        (Severity.PROBLEM, str(error)) if isinstance(error, MisconfiguredError) else (Severity.UNKNOWN, f"could not look: {error}")
    )
    return Finding(level, text, remedy)


def examine(checks: Iterable[Check]) -> Iterator[Checked]:
    """Run checks one after the other; a failure becomes a finding, and stops the others only if the check is essential."""
    seen: dict[str, str] = {}
    for check in checks:
        findings: list[Finding] = []
        failed = True
        try:
            findings.extend(check.look())  # keeps the findings made before a failure
            failed = False
        except FargatecountError as error:
            findings.append(unlooked(error, seen, check.name))
        except Exception as error:  # noqa: BLE001 - a defect in one check must not hide the findings of the others
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
