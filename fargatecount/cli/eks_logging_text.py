"""What `fargatecount eks logging` prints for people, and in which format for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click
import msgspec

from fargatecount.cli import output
from fargatecount.eks.logging import objects
from fargatecount.eks.logging.document import LoggedClusterDocument, LoggingDocument
from fargatecount.eks.logging.fix import RepairedConfig

MARKS = {"ok": "ok", "advice": "advice", "wrong": "WRONG", "unknown": "?"}


def show(document: LoggingDocument, form: str) -> None:
    """Print the answer; errors go to stderr in every format."""
    if form == "json":
        output.print_json(document)
    elif form == "csv":
        output.print_csv([row for cluster in document.clusters for row in _csv_rows(cluster)])
    else:
        for cluster in document.clusters:
            for line in _lines(cluster, dry_run=document.dry_run):
                click.echo(output.plain(line))
    for cluster in document.clusters:
        if cluster.error:
            click.echo(f"error: EKS-{cluster.cluster}: {output.plain(cluster.error)}", err=True)
            if cluster.remedy:
                click.echo(f"  {output.plain(cluster.remedy)}", err=True)


def show_steps(clusters: Sequence[LoggedClusterDocument]) -> None:
    """Print what is about to change, on stderr."""
    for cluster in clusters:
        for step in cluster.left:
            click.echo(f"EKS-{cluster.cluster}: {output.plain(step)}", err=True)


def show_repaired(repaired: RepairedConfig) -> None:
    """Print the repaired manifest, and on stderr the changes."""
    for change in repaired.changes:
        click.echo(f"changed: {output.plain(change)}", err=True)
    output.print_json(
        {
            "apiVersion": "v1",
            "kind": "List",
            "items": [objects.namespace(created=False), {**objects.CONFIG_MAP_TARGET, "data": dict(repaired.config.data)}],
        }
    )


def _lines(cluster: LoggedClusterDocument, *, dry_run: bool) -> Iterator[str]:
    yield cluster.cluster if cluster.findings and not cluster.left and not cluster.done else f"EKS-{cluster.cluster}"
    if cluster.error and not (cluster.done or cluster.undone):
        return
    for finding in cluster.findings:
        place = f"{finding.file} line {finding.line}" if finding.line else finding.file or "ConfigMap"
        yield f"  {'refused' if finding.refused else 'advice'}: {place}: {finding.text}"
        yield f"    {finding.remedy}"
    for change in cluster.changes:
        yield f"  repaired: {change}"
    yield from _check_lines(cluster)
    yield from _steps(cluster, dry_run=dry_run)
    for note in cluster.notes:
        yield f"  note: {note}"
    if not any((cluster.done, cluster.undone, cluster.left, cluster.checks, cluster.findings, cluster.error)):
        yield "  nothing to do"


def _check_lines(cluster: LoggedClusterDocument) -> Iterator[str]:
    for check in cluster.checks:
        yield f"  {MARKS[check.verdict]}: {check.text}"
        if check.remedy:
            yield f"    {check.remedy}"
    for cost in cluster.cost:
        ingestion = "? USD" if cost.ingestion is None else f"{cost.ingestion:,.2f} USD"
        kept = "forever" if cost.retention_days is None else f"for {cost.retention_days} days"
        yield f"  cost: {cost.group}: {ingestion} a month taken in, {cost.storage:,.2f} USD a month stored, kept {kept}"


def _steps(cluster: LoggedClusterDocument, *, dry_run: bool) -> Iterator[str]:
    for word, texts in (("done", cluster.done), ("done and undone again", cluster.undone), (_left(cluster, dry_run), cluster.left)):
        for text in texts:
            yield f"  {word}: {text}"


def _left(cluster: LoggedClusterDocument, dry_run: bool) -> str:
    return "would do" if dry_run and not cluster.error else "not done"


def _csv_rows(cluster: LoggedClusterDocument) -> Iterator[dict[str, Any]]:
    """Yield a row for each line of the answer: cluster, what it is, text, remedy."""
    empty = {"cluster": f"EKS-{cluster.cluster}", "what": "", "text": "", "remedy": ""}
    for finding in cluster.findings:
        what = "refused" if finding.refused else "advice"
        yield {**empty, "what": what, "text": f"{finding.file} {finding.line}: {finding.text}", "remedy": finding.remedy}
    for check in cluster.checks:
        yield {**empty, "what": check.verdict, "text": f"{check.what}: {check.text}", "remedy": check.remedy}
    for what in ("done", "undone", "left", "changes", "notes"):
        for text in msgspec.structs.asdict(cluster)[what]:
            yield {**empty, "what": what, "text": text}
    if cluster.error:
        yield {**empty, "what": "error", "text": cluster.error, "remedy": cluster.remedy or ""}
