"""The doctor's answer in JSON: the document `fargatecount/doctor` version 1.

Pure. Keys may be added; none is renamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from fargatecount.doctor.findings import WELL, Checked, Severity, exit_code
from fargatecount.timestamps import to_iso
from fargatecount.workload import Millis

SCHEMA = "fargatecount/doctor"
VERSION = 1


class FindingDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One finding."""

    check: str
    level: Severity
    text: str
    remedy: str | None
    """Null where there is nothing to do."""
    commands: list[str]
    """Exactly what to type."""


class DoctorDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `fargatecount doctor --json`."""

    schema: str = SCHEMA
    version: int = VERSION
    as_of: str | None
    region: str
    well: bool
    """Whether the exit code is 0."""
    findings: list[FindingDocument]


def doctor_document(checked: Sequence[Checked], now: Millis, region: str, *, strict: bool = False) -> DoctorDocument:
    """Return the document of what was found; with `strict`, warnings are not well."""
    return DoctorDocument(
        as_of=to_iso(now), region=region, well=exit_code(checked, strict=strict) == WELL, findings=finding_documents(checked)
    )


def finding_documents(checked: Iterable[Checked]) -> list[FindingDocument]:
    """Return the findings of all checks, in their order."""
    return [
        FindingDocument(
            check=each.name,
            level=finding.level,
            text=finding.text,
            remedy=finding.remedy or None,
            commands=list(finding.commands),
        )
        for each in checked
        for finding in each.findings
    ]
