"""`fargatecount verify`: recount the rows and compare with the counters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.cli import options, output
from fargatecount.cli.consent import ask, require_consent
from fargatecount.ledger.verify import VerifyResult, verify
from fargatecount.ledger.verify_document import VerifyFinding, verify_document
from fargatecount.matching import require_matches

DIFFERENT = 1
UNDECIDED = 4


@click.command(epilog="Example: fargatecount verify --cluster ECS-web --repair --dry-run")
@options.place
@options.clusters
@options.output
@click.option("--repair", is_flag=True, help="Set a counter that differs to the sum of its rows.")
@click.option("--dry-run", is_flag=True, help="With --repair: print what would change, change nothing.")
@click.option("--yes", is_flag=True, help="With --repair: do not ask; needed where there is no terminal.")
def command(*, cluster_globs: tuple[str, ...], form: str, as_json: bool, repair: bool, dry_run: bool, yes: bool, **place: Any) -> int:
    """Recount the rows and compare them with the counters.

    Each bucket of a cluster has one counter, which must equal the sum of the bucket's rows.

    Exit code: 0 all equal (or repaired), 1 a difference, 4 undecided because of traffic.
    """
    if repair and not dry_run:
        require_consent(yes=yes)
    connection = connect(**place)
    ledger = connection.ledger()
    select = options.selector(cluster_globs)
    known = [state.cluster for scope in ledger.scopes() for state in ledger.clusters(scope)]
    require_matches(cluster_globs, known)
    clusters = [cluster for cluster in known if select(cluster)]
    findings = list(verify(ledger, clusters, connection.clock))
    different = [finding for finding in findings if finding.verdict is VerifyResult.DIFFERENT]
    if repair and different and not dry_run:
        ask(f"Set {len(different)} counters to the sum of their rows?", yes=yes)
        affected = sorted({finding.bucket.cluster for finding in different})
        kept = [finding for finding in findings if finding.bucket.cluster not in affected]
        findings = kept + list(verify(ledger, affected, connection.clock, repair=True))
    document = verify_document(findings)
    if as_json or form == "json":
        output.print_json(document)
    elif form == "csv":
        output.print_structs_csv(document.findings, VerifyFinding)
    else:
        _print_table(document.findings, wide=form == "wide")
    verdicts = {finding.verdict for finding in findings}
    if VerifyResult.DIFFERENT in verdicts:
        return DIFFERENT
    return UNDECIDED if VerifyResult.UNDECIDED in verdicts else 0


def _print_table(findings: Sequence[VerifyFinding], *, wide: bool) -> None:
    shown = findings if wide else [each for each in findings if each.verdict is not VerifyResult.EQUAL]
    if shown:
        columns = ["CLUSTER", "BUCKET", "COUNTER", "ROWS", "COUNTER CPU", "ROWS CPU", "VERDICT"]
        rows = [
            (each.cluster, each.bucket, each.counter_held, each.rows_held, each.counter_cpu, each.rows_cpu, each.verdict) for each in shown
        ]
        output.show(output.table("Buckets", columns, [[str(value) for value in row] for row in rows]))
    equal = sum(each.verdict is VerifyResult.EQUAL for each in findings)
    workloads = sum(each.workloads for each in findings)
    click.echo(f"{equal} of {len(findings)} counters equal the sum of their rows ({workloads} workloads).")
