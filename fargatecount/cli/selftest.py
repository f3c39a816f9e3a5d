"""`fargatecount selftest`: what a real account proves, as a report for the project."""

from __future__ import annotations

from typing import Any

import click

import fargatecount
from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.selftest import Selftest
from fargatecount.cli import options, output
from fargatecount.selftest.document import markdown, selftest_document
from fargatecount.selftest.outcome import run_checks


@click.command(epilog="Examples: fargatecount selftest --mask > selftest.md; fargatecount selftest --json")
@options.place
@click.option("--mask", "is_masked", is_flag=True, help="Replace the account's number by asterisks.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON; default: Markdown.")
def command(*, is_masked: bool, as_json: bool, **place: Any) -> int:
    """Check on AWS what the tests cannot prove, and print a report for the project.

    It reads what IAM allows the functions, whether events arrive, the delays from event to count, metric and alarm, and the counts beside
    AWS's own; it changes nothing. Run it an hour after the first tasks have started. The report has no secret and no name of a cluster,
    service or role; please attach it to an issue. docs/unproven.md says which claim each check proves.

    Exit code: 0 nothing is refuted, 1 something is, 3 AWS could not be reached at all.
    """
    connection = connect(**place)
    test = Selftest(connection)
    scope = test.scope
    found = selftest_document(run_checks(test.checks()), test.now, scope, fargatecount.__version__, is_masked=is_masked)
    if as_json:
        output.print_json(found)
    else:
        click.echo("\n".join(map(output.plain, markdown(found).splitlines())))
    return 1 if found.refuted else 0
