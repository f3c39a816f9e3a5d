"""`fargatecount doctor`: what is well and what is not, and what to type."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import click
import msgspec

from fargatecount.cli import options, output

if TYPE_CHECKING:
    from fargatecount.doctor.document import (
        DoctorDocument,
    )
    from fargatecount.doctor.findings import Checked

NAMES = 12
"""Characters of the longest check's name."""
WIDTH = 120
"""Characters of a line, so that most terminals break none in two."""


@click.command(epilog="Examples: fargatecount doctor; fargatecount doctor --cluster 'EKS-*' --json")
@options.place
@options.clusters
@options.output
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
def command(*, cluster_globs: tuple[str, ...], form: str, as_json: bool, strict: bool, **place: Any) -> int:
    """Look at credentials, permissions, deployment, clusters, watchers, quotas, dead letters and pods, and say what to do.

    Nothing is changed. Every check is made, whatever another one finds; what could not be looked at is said to be unknown, never well.

    Exit code: 0 all is well, 1 something is not (or could not be looked at), 3 AWS could not be asked at all.
    """
    from fargatecount.bootstrap.connection import connect  # noqa: PLC0415 - boto3 costs 150 ms, and --help does not need it
    from fargatecount.bootstrap.examining import examination  # noqa: PLC0415
    from fargatecount.doctor.document import doctor_document  # noqa: PLC0415
    from fargatecount.doctor.findings import examine, exit_code  # noqa: PLC0415

    connection = connect(**place)
    visit = examination(connection, profile=place["profile"], select=options.selector(cluster_globs))
    form = "json" if as_json else form
    checked: list[Checked] = []
    for each in examine(visit.checks()):
        checked.append(each)
        if form in {"table", "wide"}:
            _say(each)
    answer = doctor_document(checked, connection.clock.now(), connection.region, strict=strict)
    if form == "json":
        output.print_json(answer)
    elif form == "csv":
        output.print_csv([{**msgspec.structs.asdict(each), "commands": "; ".join(each.commands)} for each in answer.findings])
    else:
        click.echo(_summary(answer))
    return exit_code(checked, strict=strict)


def _say(checked: Checked) -> None:
    for finding in checked.findings:
        level = str(finding.level)
        _block(f"{level if level == 'ok' else level.upper():8} {checked.name:{NAMES}} ", output.plain(finding.text))
        if finding.remedy:
            _block(" " * 22 + "> ", output.plain(finding.remedy))
        for each in finding.commands:
            # On one line, whatever its length: it is there to be copied.
            click.echo(" " * 24 + f"$ {output.plain(each)}")


def _block(head: str, text: str) -> None:
    click.echo(
        textwrap.fill(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_long_words=False, break_on_hyphens=False)
    )


def _summary(answer: DoctorDocument) -> str:
    from fargatecount.doctor.findings import Severity  # noqa: PLC0415 - see `command`

    levels = [finding.level for finding in answer.findings]
    return ", ".join(f"{levels.count(level)} {level}" for level in Severity)
