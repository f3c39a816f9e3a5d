"""`fargatecount doctor`: what works and what does not, and the commands to type."""

from __future__ import annotations

import textwrap
from typing import Any

import click
import msgspec

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.doctor import Examination, examination
from fargatecount.cli import options, output
from fargatecount.doctor.document import DoctorDocument, doctor_document
from fargatecount.doctor.findings import Checked, Severity, examine, exit_code
from fargatecount.errors import FargatecountError
from fargatecount.matching import require_matches

NAMES = 12
"""Characters of the longest check's name."""
WIDTH = 120
"""Characters of a line, so that most terminals wrap none."""


@click.command(epilog="Examples: fargatecount doctor; fargatecount doctor --cluster 'EKS-*' --json")
@options.place
@options.clusters
@options.output
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
def command(*, cluster_globs: tuple[str, ...], form: str, as_json: bool, strict: bool, **place: Any) -> int:
    """Check the deployment, and print the commands that fix it.

    It checks credentials, permissions, the stack, clusters, watchers, quotas, dead letters and pods, and changes nothing. Every check runs,
    whatever another one finds; what could not be read is reported as unknown, never as ok.

    Exit code: 0 all is well, 1 a check failed (or could not run), 3 AWS could not be reached at all.
    """
    connection = connect(**place)
    visit = examination(connection, profile=place["profile"], select=options.selector(cluster_globs))
    if cluster_globs:
        _require_matches(cluster_globs, visit)
    form = "json" if as_json else form
    checked: list[Checked] = []
    for each in examine(visit.checks()):
        checked.append(each)
        if form in {"table", "wide"}:
            _print_check(each)
    answer = doctor_document(checked, connection.clock.now(), connection.region, strict=strict)
    if form == "json":
        output.print_json(answer)
    elif form == "csv":
        output.print_csv([{**msgspec.structs.asdict(each), "commands": "; ".join(each.commands)} for each in answer.findings])
    else:
        click.echo(_summary(answer))
    return exit_code(checked, strict=strict)


def _require_matches(globs: tuple[str, ...], visit: Examination) -> None:
    try:
        known = visit.known_clusters()
    except FargatecountError:  # a finding of the checks
        return
    if known:
        require_matches(globs, known)


def _print_check(checked: Checked) -> None:
    for finding in checked.findings:
        level = str(finding.level)
        _block(f"{level if level == 'ok' else level.upper():8} {checked.name:{NAMES}} ", output.plain(finding.text))
        if finding.remedy:
            _block(" " * 22 + "> ", output.plain(finding.remedy))
        for each in finding.commands:
            # On one line, whatever its length, so that it can be copied.
            click.echo(" " * 24 + f"$ {output.plain(each)}")


def _block(head: str, text: str) -> None:
    click.echo(
        textwrap.fill(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_long_words=False, break_on_hyphens=False)
    )


def _summary(answer: DoctorDocument) -> str:
    levels = [finding.level for finding in answer.findings]
    return ", ".join(f"{levels.count(level)} {level}" for level in Severity)
