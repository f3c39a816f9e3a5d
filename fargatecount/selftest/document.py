"""The report of the self-test, in JSON and in Markdown: the document `fargatecount/selftest` version 1.

Pure. Keys may be added; none is renamed. It has no secret, no name of a cluster, service or role; the account's number can be masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from fargatecount.selftest.outcome import CLAIMS, ClaimVerdict, Outcome
from fargatecount.timestamps import to_iso
from fargatecount.workload import Millis, Scope

SCHEMA = "fargatecount/selftest"
VERSION = 1
MASK = "************"
ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
"""Twelve digits: an account's number, also within an ARN or a message of AWS."""
ARN = re.compile(r"arn:[^\s,;'\"]+")
NAMELESS = "(an ARN)"
MARKS = {ClaimVerdict.PROVEN: "yes", ClaimVerdict.REFUTED: "**NO**", ClaimVerdict.NOT_KNOWN: "?"}


class CheckDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One check."""

    check: str
    """Its id, by which docs/unproven.md refers to it."""
    proves: str
    verdict: ClaimVerdict
    evidence: list[str]
    remedy: str | None
    """Null where there is nothing to do."""


class SelftestDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `fargatecount selftest --json`."""

    schema: str = SCHEMA
    version: int = VERSION
    as_of: str
    fargatecount: str
    """Version of the command."""
    account: str
    region: str
    proven: int
    refuted: int
    not_known: int
    checks: list[CheckDocument]


def selftest_document(
    outcomes: Iterable[tuple[str, Outcome]], now: Millis, scope: Scope, release: str, *, is_masked: bool
) -> SelftestDocument:
    """Return the document of all outcomes; masked, it has no number of an account."""

    def text(value: str) -> str:
        # A refusal quotes the ARN of the caller, whose session may be a person's name.
        nameless = ARN.sub(NAMELESS, value)
        return ACCOUNT.sub(MASK, nameless) if is_masked else nameless

    checks = [
        CheckDocument(
            check=name,
            proves=CLAIMS[name],
            verdict=outcome.verdict,
            evidence=[text(each) for each in outcome.evidence],
            remedy=text(outcome.remedy) or None,
        )
        for name, outcome in outcomes
    ]
    verdicts = [check.verdict for check in checks]
    return SelftestDocument(
        as_of=to_iso(now),
        fargatecount=release,
        account=text(scope.account),
        region=scope.region,
        proven=verdicts.count(ClaimVerdict.PROVEN),
        refuted=verdicts.count(ClaimVerdict.REFUTED),
        not_known=verdicts.count(ClaimVerdict.NOT_KNOWN),
        checks=checks,
    )


def markdown(document: SelftestDocument) -> str:
    """Return the report as a page that can be pasted into an issue."""
    numbers = f"{document.proven} proven, {document.refuted} refuted, {document.not_known} not known"
    lines = [
        "# Self-test of Fargatecount",
        "",
        f"{document.as_of}, version {document.fargatecount}, account {document.account}, Region {document.region}: {numbers}.",
        "",
        "| check | holds | what it proves | evidence | what to do |",
        "|---|---|---|---|---|",
    ]
    for each in document.checks:
        cells = [each.check, MARKS[each.verdict], each.proves, "<br>".join(map(_cell, each.evidence)), _cell(each.remedy or "")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Return a text that stays in its cell: AWS's own messages may have bars, line breaks and markup."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
