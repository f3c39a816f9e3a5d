"""`fargatecount dead-letters`: what could not be delivered or processed, why, and again after the fix."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from fargatecount.cli import options, output

if TYPE_CHECKING:
    from fargatecount.ingest.dead_letter import DeadLetterSummary
    from fargatecount.ingest.replay import Selection

LEFT = 1
SOURCES = ("handler", "rule", "retries", "stream")
SHOWN = 48
"""Characters of a reason or an excerpt that fit a table; `-o wide` has all."""
DAY, HOUR, MINUTE = 86_400, 3_600, 60


def _selecting(function: Any) -> Any:
    """What both commands have in common: which letters, in which form, where."""
    for option in (
        click.option("--source", type=click.Choice(SOURCES), help="Only letters that come from there."),
        click.option("--reason", metavar="GLOB", help="Only letters whose reason matches; without a wildcard, contains it."),
        options.output,
        options.place,
        click.argument("ids", nargs=-1, metavar="[ID]..."),
    ):
        function = option(function)
    return function


@click.group(epilog="Example: fargatecount dead-letters list")
def command() -> None:
    """List what could not be delivered or processed, and try it again.

    \b
    A letter's source is one of
      handler   function task_changed could not understand it
      rule      EventBridge could not deliver it to the task queue
      retries   it was not processed in all its tries
      stream    function publish could not be woken; nothing is lost with it
    """  # noqa: D301 - click takes the character \b for "leave these lines as they are"


@command.command("list", epilog="Example: fargatecount dead-letters list --reason '*taskArn*' -o wide")
@_selecting
@click.option(
    "--limit", type=click.IntRange(1), default=1000, show_default=True, metavar="N", help="Look at N letters of each queue at most."
)
def list_(*, ids: tuple[str, ...], limit: int, form: str, as_json: bool, **chosen: Any) -> int:
    """Show the dead letters, oldest first; nothing is taken away.

    ID is a letter's id or how it begins, in 8 characters at least; with --json its whole body is shown. Being looked at counts as being
    received, which does no harm: these queues give up on nothing.
    """
    from fargatecount.bootstrap.connection import connect  # noqa: PLC0415 - boto3 costs 150 ms, and --help does not need it
    from fargatecount.bootstrap.letters import Letters  # noqa: PLC0415
    from fargatecount.ingest.dead_letter import SCHEMA, VERSION, document  # noqa: PLC0415
    from fargatecount.ingest.replay import look  # noqa: PLC0415
    from fargatecount.timestamps import to_iso  # noqa: PLC0415

    selection = _selection(ids, chosen)
    connection = connect(**chosen)
    letters, complete = look(Letters(connection).boxes(selection.source), selection, limit=limit)
    now, scope = connection.clock.now(), connection.scope()
    rows = document(letters, now, with_bodies=bool(ids) and (as_json or form == "json"))
    if as_json or form == "json":
        head = {"schema": SCHEMA, "version": VERSION, "as_of": to_iso(now), "account": scope.account, "region": scope.region}
        output.print_json({**head, "complete": complete, "letters": rows})
    elif form == "csv":
        output.print_csv(rows)
    elif rows:
        output.show(_table(rows, wide=form == "wide"))
        click.echo(_summary(rows))
    else:
        click.echo("There are no dead letters." if selection == type(selection)() else "No dead letter matches.")
    if not complete:
        output.warn(f"there may be more than the {limit} letters of a queue that were looked at: --limit looks at more")
    return _missing(selection, letters)


@command.command(epilog="Example: fargatecount dead-letters replay --reason '*taskArn*' --dry-run")
@_selecting
@click.option("--dry-run", is_flag=True, help="Say what would become of each, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def replay(*, ids: tuple[str, ...], dry_run: bool, yes: bool, form: str, as_json: bool, **chosen: Any) -> int:
    """Try dead letters again after the fix: all, or those that ID, --reason and --source select.

    A letter goes to the task queue first and is deleted afterwards, so nothing is lost wherever this is interrupted; versions make what is
    sent twice a duplicate. What this version of fargatecount cannot read either stays, unless it is named by its id. Failures of the stream
    are no events: they are deleted once everything has been published anew after them, as happens every minute.

    Exit code: 0 all that were selected are done, 1 some are left, 3 AWS could not be reached or refused.
    """
    from fargatecount.bootstrap.connection import connect  # noqa: PLC0415 - boto3 costs 150 ms, and --help does not need it
    from fargatecount.bootstrap.letters import Letters  # noqa: PLC0415
    from fargatecount.ingest.dead_letter import DeadLetterSource  # noqa: PLC0415
    from fargatecount.ingest.replay import KEPT_IN_QUEUE as STAYS  # noqa: PLC0415
    from fargatecount.ingest.replay import replay as replayed  # noqa: PLC0415

    selection = _selection(ids, chosen)
    connection = connect(**chosen)
    letters = Letters(connection)
    boxes, queue = letters.boxes(selection.source), letters.task_queue()
    published_at = letters.published_at() if selection.source in {None, DeadLetterSource.STREAM} else 0

    def run(*, dry_run: bool) -> Any:
        return replayed(boxes, queue, selection, published_at=published_at, dry_run=dry_run)

    if not dry_run and not yes and sys.stdin.isatty():
        _ask(run)
    done: list[tuple[DeadLetterSummary, str]] = []
    complete = False
    try:
        with closing(run(dry_run=dry_run)) as fates:
            for told, fate in fates:
                done.append((told, str(fate)))
        complete = True
    finally:
        # Whatever ends it, what has been done is said.
        if complete or done:
            _print(done, "json" if as_json else form, dry_run=dry_run, complete=complete)
    missing = _missing(selection, [told for told, _ in done])
    return LEFT if missing or any(fate in STAYS for _, fate in done) else 0


def _selection(ids: tuple[str, ...], chosen: dict[str, Any]) -> Selection:
    """Take the options that select out of those that were chosen."""
    from fargatecount.ingest.dead_letter import DeadLetterSource  # noqa: PLC0415
    from fargatecount.ingest.replay import MIN_ID_LENGTH, Selection  # noqa: PLC0415

    for each in ids:
        if len(each) < MIN_ID_LENGTH:
            raise click.UsageError(f"{each!r} is too short for an id: give {MIN_ID_LENGTH} characters of it at least")
    reason, source = chosen.pop("reason"), chosen.pop("source")
    return Selection(ids=ids, reason=reason, source=DeadLetterSource(source) if source else None)


def _missing(selection: Selection, letters: Iterable[DeadLetterSummary]) -> int:
    """Name the ids that no letter has; return the exit code for that."""
    found = [told.id for told in letters]
    missing = [each for each in selection.ids if not any(told_id.startswith(each) for told_id in found)]
    for each in missing:
        output.warn(f"there is no such dead letter: {each}; it may have been replayed, or somebody else may be looking at it just now")
    return LEFT if missing else 0


def _ask(run: Callable[..., Any]) -> None:
    with closing(run(dry_run=True)) as fates:
        tally = Counter((told.source, str(fate)) for told, fate in fates)
    if tally:
        for (source, fate), number in sorted(tally.items()):
            click.echo(f"{number} of source {source}: {fate}", err=True)
        click.confirm("Do this?", default=True, abort=True, err=True)


def _print(done: list[tuple[DeadLetterSummary, str]], form: str, *, dry_run: bool, complete: bool) -> None:
    rows = [
        {"id": told.id, "source": str(told.source), "reason": told.reason, "excerpt": told.excerpt, "fate": fate} for told, fate in done
    ]
    if form == "json":
        output.print_json({"schema": "fargatecount/replay", "version": 1, "dry_run": dry_run, "complete": complete, "letters": rows})
    elif form == "csv":
        output.print_csv(rows)
    elif rows:
        if form == "wide":
            columns = ["ID", "SOURCE", "REASON", "FATE"]
            output.show(output.table("Dead letters", columns, [[row[name.lower()] for name in columns] for row in rows]))
        tally = Counter(fate for _, fate in done)
        click.echo("\n".join(f"{'dry run: ' if dry_run else ''}{number} {fate}" for fate, number in sorted(tally.items())))
    else:
        click.echo("No dead letter was there to replay.")


def _table(rows: list[dict[str, Any]], *, wide: bool) -> Any:
    columns = ["ID", "SOURCE", "AGE", "RECEIVED", "UNDERSTOOD", "REASON", *(["EXCERPT"] if wide else [])]
    words = {True: "yes", False: "no", None: "-"}
    return output.table(
        "Dead letters",
        columns,
        [
            [
                row["id"] if wide else row["id"][:8],
                row["source"],
                age(row["age_seconds"]),
                str(row["received"]),
                words[row["understood"]],
                row["reason"] if wide else _short(row["reason"]),
                *([_short(row["excerpt"])] if wide else []),
            ]
            for row in rows
        ],
    )


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _summary(rows: list[dict[str, Any]]) -> str:
    tally = Counter(row["source"] for row in rows)
    return f"{len(rows)} dead letters ({', '.join(f'{number} {source}' for source, number in sorted(tally.items()))})."


def age(seconds: int) -> str:
    """Return an age as people say it: the largest unit that is not 0."""
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
