"""`fargatecount verify`: recount the rows and compare with the counters."""

from __future__ import annotations

from typing import Any

import click

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.cli import options, output
from fargatecount.cli.consent import ask, require_consent
from fargatecount.ledger.verify import BucketFinding, VerifyResult, verify
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
    rows = [_row(finding) for finding in findings]
    if as_json or form == "json":
        output.print_json({"schema": "fargatecount/verify", "version": 1, "findings": rows})
    elif form == "csv":
        output.print_csv(rows)
    else:
        _print_table(rows, wide=form == "wide")
    verdicts = {finding.verdict for finding in findings}
    if VerifyResult.DIFFERENT in verdicts:
        return DIFFERENT
    return UNDECIDED if VerifyResult.UNDECIDED in verdicts else 0


def _row(finding: BucketFinding) -> dict[str, Any]:
    cluster = finding.bucket.cluster
    return {
        "account": cluster.scope.account,
        "region": cluster.scope.region,
        "cluster": cluster.key,
        "bucket": finding.bucket.number,
        "verdict": str(finding.verdict),
        "counter_held": finding.counter.held.count,
        "rows_held": finding.rows.held.count,
        "counter_cpu": finding.counter.held.cpu,
        "rows_cpu": finding.rows.held.cpu,
        "workloads": finding.workloads,
        "tombstones": finding.tombstones,
    }


def _print_table(rows: list[dict[str, Any]], *, wide: bool) -> None:
    shown = rows if wide else [row for row in rows if row["verdict"] != "equal"]
    if shown:
        columns = ["CLUSTER", "BUCKET", "COUNTER", "ROWS", "COUNTER CPU", "ROWS CPU", "VERDICT"]
        keys = ("cluster", "bucket", "counter_held", "rows_held", "counter_cpu", "rows_cpu", "verdict")
        output.show(output.table("Buckets", columns, [[str(row[key]) for key in keys] for row in shown]))
    equal = sum(row["verdict"] == "equal" for row in rows)
    workloads = sum(row["workloads"] for row in rows)
    click.echo(f"{equal} of {len(rows)} counters equal the sum of their rows ({workloads} workloads).")
