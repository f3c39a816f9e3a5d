"""docs/man: a man page of each command, generated from the commands: `python -m tools.man_pages` writes them. The wheel installs them."""

from __future__ import annotations

import inspect
import re
import shutil
from pathlib import Path

import click
from click_man.man import ManPage

from fargatecount.cli.root import root
from tools.cli_page import NAME, commands, examples
from tools.version import current

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "man"
DATE = "2026"
"""A page has the same bytes on every day; its version says how old it is."""
EXIT_STATUS = r"""
.SH EXIT STATUS
0 answered, 1 answered with "no", 2 wrong use, 3 AWS or a cluster could not be reached or refused, 4 undecided, 70 a defect,
74 the answer could not be written, 130 interrupted.
.SH SEE ALSO
"""


def main() -> None:
    """Write all pages, and remove those of commands that are gone."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    for name, text in pages().items():
        (FOLDER / name).write_text(text)


def pages() -> dict[str, str]:
    """Return every page by the name of its file."""
    found = {(): root, **dict(commands())}
    return {"-".join((NAME, *path)) + ".1": _page(path, command) for path, command in found.items()}


def _page(path: tuple[str, ...], command: click.Command) -> str:
    context = click.Context(command, info_name=" ".join((NAME, *path)))
    page = ManPage(context.command_path)
    page.version = f"Fargatecount {current()}"
    page.date = DATE
    page.short_help = command.get_short_help_str(limit=200)
    page.description = _plain(inspect.cleandoc(command.help or "").replace("\b\n", ""))
    page.synopsis = " ".join(command.collect_usage_pieces(context))
    records = (each.get_help_record(context) for each in command.params if isinstance(each, click.Option))
    page.options = [record for record in records if record is not None]
    if isinstance(command, click.Group):
        page.commands = [(name, _member(context, command, name).get_short_help_str(limit=200)) for name in command.list_commands(context)]
    parent = "-".join((NAME, *path[:-1]))
    return str(page) + _examples(command) + EXIT_STATUS.lstrip("\n") + rf"\fB{parent}\fP(1)" + "\n"


def _member(context: click.Context, group: click.Group, name: str) -> click.Command:
    member = group.get_command(context, name)
    assert member is not None
    return member


def _examples(command: click.Command) -> str:
    typed = [line.replace("\\", r"\e").replace("-", r"\-") for line in examples(command)]
    return "".join([".SH EXAMPLES\n", *(f".PP\n.nf\n{line}\n.fi\n" for line in typed)]) if typed else ""


def _plain(text: str) -> str:
    r"""Return text in which no line is a request of roff: one that begins with a dot or an apostrophe is shown as it is."""
    return re.sub(r"(?m)^(?=[.'])", r"\\&", text.replace("\\", r"\e"))


if __name__ == "__main__":
    main()
