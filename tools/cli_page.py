"""docs/cli.md, generated from the commands: `python -m tools.cli_page` writes it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from fargatecount.cli.root import root

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
NAME = "fargatecount"

PLACE = ("region", "profile", "role_arn", "table", "stage", "stack", "deployment")
OUTPUT = ("form", "as_json")
COMMON = ("quiet", "verbose", "debug")
"""Options of every command."""

HEAD = """# Commands

This page is written from the commands (`python -m tools.cli_page`), and a test keeps the two equal. `--help` of each says the same.

## What all have in common

**Exit codes.** A script may rely on them:

| code | meaning |
|---|---|
| 0 | answered; an unreadable cluster is a warning on stderr, `--strict` makes it 1 |
| 1 | answered with "no": a difference, a failed check, something left to do, does not fit |
| 2 | wrong use: of the command line, of a setting, or of a deployment that is not there |
| 3 | AWS or a cluster could not be reached, or refused |
| 4 | undecided: `verify` under too much traffic, `headroom` without a known quota |
| 70 | unexpected: a defect; with `--debug` or `FARGATECOUNT_DEBUG=1` it shows its traceback |
| 74 | the answer could not be written, as on a full disk |
| 130 | interrupted; 129 by a terminal that was closed, 143 by `kill` |

An error is one line on stderr, and below it what to do; where the answer is JSON, an error is one line of JSON on stderr
([error.json](schemas/error.json)). A reader that closes the pipe, such as `head`, is no error.

**What is printed.** The answer goes to stdout, warnings and progress to stderr, progress only on a terminal. `-o table` is for people,
`wide` has more columns, `json` and `csv` are for programs: their keys may become more, and none is renamed. Names and reasons are other
people's text: what a terminal would obey is shown as `\\x1b`. `NO_COLOR` is heeded.

**What changes something** asks first on a terminal. Without a terminal it needs `--yes`, else it ends with 2 and changes nothing
([ADR 10](adr/0010-consent.md)). `--dry-run` shows the effect.
"""


def page() -> str:
    """Return the whole page."""
    found = list(commands())
    lines = [HEAD, *_shared(dict(found)), ""]
    for path, command in found:
        lines += [*_section(path, command), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def commands(command: click.Command = root, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command below one, groups before their members."""
    if path:
        yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=NAME)
        for name in command.list_commands(context):
            member = command.get_command(context, name)
            assert member is not None
            yield from commands(member, (*path, name))


def examples(command: click.Command) -> list[str]:
    """Return the examples that a command's help ends with."""
    text = re.sub(r"\s+", " ", command.epilog or "")
    return re.sub(r"^Examples?: ", "", text).split("; ") if text else []


def _context(path: tuple[str, ...], command: click.Command) -> click.Context:
    return click.Context(command, info_name=" ".join((NAME, *path)))


def _shared(found: dict[tuple[str, ...], click.Command]) -> Iterator[str]:
    context = _context(("status",), found["status",])
    yield "**Where to look.** Every command that asks AWS takes these; without them it looks where the AWS CLI does."
    yield ""
    yield from _options(context, [option for option in context.command.params if option.name in PLACE])
    yield ""
    yield "`$FARGATECOUNT_STAGE` stands for `--stage`, `$FARGATECOUNT_STACK` for `--stack`, `$FARGATECOUNT_TABLE` for `--table`,"
    yield "`$FARGATECOUNT_ROLE_ARN` for `--role-arn`, `$FARGATECOUNT_OUTPUT` for `-o`."
    yield ""
    yield "An option comes before the environment, and the environment before the [configuration file](configuration.md), in which"
    yield "`--deployment` or `$FARGATECOUNT_DEPLOYMENT` selects one of several deployments."
    yield ""
    yield "**How much is printed.** Every command takes these:"
    yield ""
    yield from _options(context, [option for option in context.command.params if option.name in COMMON])


def _section(path: tuple[str, ...], command: click.Command) -> Iterator[str]:
    context = _context(path, command)
    yield f"## {' '.join(path)}"
    yield ""
    yield f"    {context.info_name} {' '.join(command.collect_usage_pieces(context))}"
    yield ""
    yield from _text(command)
    own: list[click.Parameter] = [
        each for each in command.params if isinstance(each, click.Option) and each.name not in (*PLACE, *OUTPUT, *COMMON)
    ]
    if own:
        yield from _options(context, own)
        yield ""
    shared = ((PLACE, "where to look"), (OUTPUT, "`-o table`, `wide`, `json`, `csv` and `--json`"))
    also = [words for names, words in shared if _has(command, names)]
    if also:
        yield f"Also: {', and '.join(also)}."
        yield ""
    for example in examples(command):
        yield f"    {example}"


def _has(command: click.Command, names: tuple[str, ...]) -> bool:
    return any(option.name in names for option in command.params)


def _text(command: click.Command) -> Iterator[str]:
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        if paragraph.startswith("\b\n"):
            yield from (f"    {line}" for line in paragraph.splitlines()[1:])
        else:
            yield re.sub(r"^(Exit codes?:)", r"**\1**", paragraph)
        yield ""


def _options(context: click.Context, options: list[click.Parameter]) -> Iterator[str]:
    yield "| option | |"
    yield "|---|---|"
    for option in options:
        record = option.get_help_record(context)
        assert record is not None
        names, meaning = (text.replace("|", "\\|") for text in record)
        yield f"| `{names}` | {meaning} |"


if __name__ == "__main__":
    PAGE.write_text(page())
