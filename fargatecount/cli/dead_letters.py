"""`fargatecount dead-letters`: messages that could not be delivered or processed, the reasons, and their replay after a fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from typing import Any, TypeAlias

import click
from msgspec import to_builtins

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.dead_letters import DeadLetterPorts, hub_letters, is_usage_event
from fargatecount.bootstrap.commands.organization import connect_hub
from fargatecount.cli import options, output
from fargatecount.cli.consent import ask, require_consent
from fargatecount.ingest.dead_letter import DeadLetterSource, DeadLetterSummary
from fargatecount.ingest.document import (
    DeadLetterDocument,
    ReplayedLetterDocument,
    dead_letters_document,
    letter_documents,
    replay_document,
)
from fargatecount.ingest.replay import KEPT_IN_QUEUE, MIN_ID_LENGTH, Disposition, Selection, list_letters
from fargatecount.ingest.replay import replay as replay_letters

Results: TypeAlias = Generator[tuple[DeadLetterSummary, Disposition], None, None]
"""Each letter with what was done with it; closing it releases the letters that are left."""

NOT_ALL_DONE = 1
SOURCES = ("handler", "rule", "retries", "stream")
SHOWN = 48
"""Characters of a reason or an excerpt that fit a table; `-o wide` shows all."""
DAY, HOUR, MINUTE = 86_400, 3_600, 60


def _selecting(function: Any) -> Any:
    """Add the options that both commands share."""
    for option in (
        click.option("--source", type=click.Choice(SOURCES), help="Only letters of this source."),
        click.option("--reason", metavar="GLOB", help="Only letters whose reason matches; without a wildcard, whose reason contains it."),
        options.output,
        options.place,
        click.argument("ids", nargs=-1, metavar="[ID]..."),
    ):
        function = option(function)
    return function


@click.group(epilog="Example: fargatecount dead-letters list")
def command() -> None:
    """List and replay messages that could not be processed.

    \b
    A dead letter's source is one of
      handler   function task_changed could not understand it
      rule      EventBridge could not deliver it to the task queue
      retries   all attempts to process it failed
      stream    function publish could not be invoked; nothing is lost with it
    """  # noqa: D301 - click takes the character \b for "leave these lines as they are"


@command.command("list", epilog="Example: fargatecount dead-letters list --reason '*taskArn*' -o wide")
@_selecting
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, metavar="N", help="Read at most N letters of each queue.")
@options.hub
def list_(*, ids: tuple[str, ...], limit: int, hub: bool, form: str, as_json: bool, **chosen: Any) -> int:
    """Show the dead letters, oldest first; nothing is deleted.

    ID is a letter's id or its first characters, at least 8; with --json its whole body is shown. Listing counts as receiving, which does no
    harm: these queues have no limit of receives.

    With --hub: the usage events that the hub of an organization refused or could not process. They need no replay: the next report of the
    same scope supersedes them.
    """
    selection = _selection(ids, chosen)
    if hub:
        found = connect_hub(**chosen)
        connection = found.connection
        letters, complete = list_letters([hub_letters(found)], selection, limit=limit, is_readable=is_usage_event)
    else:
        connection = connect(**chosen)
        letters, complete = list_letters(DeadLetterPorts(connection).queues(selection.source), selection, limit=limit)
    now, scope = connection.clock.now(), connection.scope()
    rows = letter_documents(letters, now, with_bodies=bool(ids) and (as_json or form == "json"))
    if as_json or form == "json":
        output.print_json(to_builtins(dead_letters_document(rows, scope, now, complete=complete)))
    elif form == "csv":
        output.print_structs_csv(rows, DeadLetterDocument)
    elif rows:
        output.show(_table(rows, wide=form == "wide"))
        click.echo(_summary(rows))
    else:
        click.echo("There are no dead letters." if selection == type(selection)() else "No dead letter matches.")
    if not complete:
        output.warn(f"a queue may hold more than the {limit} letters that were read: raise --limit")
    return _missing(selection, letters)


@command.command(epilog="Example: fargatecount dead-letters replay --reason '*taskArn*' --dry-run")
@_selecting
@click.option("--dry-run", is_flag=True, help="Print what would happen to each, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def replay(*, ids: tuple[str, ...], dry_run: bool, yes: bool, form: str, as_json: bool, **chosen: Any) -> int:
    """Replay dead letters after a fix: all, or those that ID, --reason and --source select.

    A letter is sent to the task queue first and deleted afterwards, so an interruption loses nothing; a letter that is sent twice is a
    duplicate by its version. A letter that this version of fargatecount cannot parse either stays, unless you name its id. Failures of the
    stream are no events: they are deleted once a later publish has succeeded, as happens every minute.

    Exit code: 0 all selected letters are done, 1 some are left, 3 AWS could not be reached or refused.
    """
    if not dry_run:
        require_consent(yes=yes)
    selection = _selection(ids, chosen)
    connection = connect(**chosen)
    ports = DeadLetterPorts(connection)
    queues, task_queue = ports.queues(selection.source), ports.task_queue()
    published_at = ports.published_at() if selection.source in {None, DeadLetterSource.STREAM} else 0

    def run(*, dry_run: bool) -> Results:
        return replay_letters(queues, task_queue, selection, published_at=published_at, dry_run=dry_run)

    if not dry_run and not yes:
        _ask(run)
    done: list[tuple[DeadLetterSummary, Disposition]] = []
    complete = False
    try:
        with closing(run(dry_run=dry_run)) as results:
            done.extend(results)
        complete = True
    finally:
        # What has been done is printed even if an error ends the replay.
        if complete or done:
            _print(done, "json" if as_json else form, dry_run=dry_run, complete=complete)
    missing = _missing(selection, [letter for letter, _ in done])
    return NOT_ALL_DONE if missing or any(disposition in KEPT_IN_QUEUE for _, disposition in done) else 0


def _selection(ids: tuple[str, ...], chosen: dict[str, Any]) -> Selection:
    """Remove the options that select letters from `chosen`, and return the selection."""
    for each in ids:
        if len(each) < MIN_ID_LENGTH:
            raise click.UsageError(f"{each!r} is too short for an id: enter at least its first {MIN_ID_LENGTH} characters")
    reason, source = chosen.pop("reason"), chosen.pop("source")
    return Selection(ids=ids, reason=reason, source=DeadLetterSource(source) if source else None)


def _missing(selection: Selection, letters: Iterable[DeadLetterSummary]) -> int:
    """Warn about ids that no letter has; return the exit code."""
    found = [letter.id for letter in letters]
    missing = [each for each in selection.ids if not any(letter_id.startswith(each) for letter_id in found)]
    for each in missing:
        output.warn(f"there is no dead letter {each}; it may have been replayed, or another command may be reading it now")
    return NOT_ALL_DONE if missing else 0


def _ask(run: Callable[..., Results]) -> None:
    with closing(run(dry_run=True)) as results:
        tally = Counter((letter.source, str(disposition)) for letter, disposition in results)
    if tally:
        for (source, disposition), number in sorted(tally.items()):
            click.echo(f"{number} of source {source}: {disposition}", err=True)
        ask("Do this?", yes=False)


def _print(done: list[tuple[DeadLetterSummary, Disposition]], form: str, *, dry_run: bool, complete: bool) -> None:
    document = replay_document(done, dry_run=dry_run, complete=complete)
    if form == "json":
        output.print_json(to_builtins(document))
    elif form == "csv":
        output.print_structs_csv(document.letters, ReplayedLetterDocument)
    elif document.letters:
        if form == "wide":
            rows = [[row.id, row.source, row.reason, row.fate] for row in document.letters]
            output.show(output.table("Dead letters", ["ID", "SOURCE", "REASON", "FATE"], rows))
        tally = Counter(str(disposition) for _, disposition in done)
        click.echo("\n".join(f"{'dry run: ' if dry_run else ''}{number} {disposition}" for disposition, number in sorted(tally.items())))
    else:
        click.echo("There was no dead letter to replay.")


def _table(rows: list[DeadLetterDocument], *, wide: bool) -> Any:
    columns = ["ID", "SOURCE", "AGE", "RECEIVED", "UNDERSTOOD", "REASON", *(["EXCERPT"] if wide else [])]
    words = {True: "yes", False: "no", None: "-"}
    return output.table(
        "Dead letters",
        columns,
        [
            [
                row.id if wide else row.id[:8],
                row.source,
                age(row.age_seconds),
                str(row.received),
                words[row.understood],
                row.reason if wide else _short(row.reason),
                *([_short(row.excerpt)] if wide else []),
            ]
            for row in rows
        ],
    )


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _summary(rows: list[DeadLetterDocument]) -> str:
    tally = Counter(row.source for row in rows)
    return f"{len(rows)} dead letters ({', '.join(f'{number} {source}' for source, number in sorted(tally.items()))})."


def age(seconds: int) -> str:
    """Return an age in its largest unit that is not 0."""
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
