"""The page on commands equals the commands' help, and every example in it can be typed."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from fargatecount.cli.root import root
from tools.cli_page import NAME, PAGE, commands, examples, page

COMMANDS = list(commands())
IDS = [" ".join(path) for path, _ in COMMANDS]
TYPED = [example for _, command in COMMANDS for example in examples(command)]


def test_the_page_is_the_commands() -> None:
    """docs/cli.md equals the commands' help; `python -m tools.cli_page` writes it."""
    assert PAGE.read_text() == page()


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=IDS)
def test_every_command_explains_itself(path: tuple[str, ...], command: click.Command) -> None:
    """A command has a description, an example, and a help text for each of its options."""
    assert command.help
    assert [example for example in examples(command) if f"{NAME} {path[0]}" in example] != []
    unexplained = [each.opts for each in command.params if isinstance(each, click.Option) and not each.help and each.name != "form"]
    assert unexplained == []


@pytest.mark.parametrize("example", TYPED)
def test_every_example_is_understood(example: str) -> None:
    """The parser accepts each example of the help: no command, option or value in it is out of date."""
    typed = [match[1] for match in re.finditer(rf"\b{NAME} ((?:'[^']*'|[^|>;)])*)", example)]
    assert typed
    for each in typed:
        _parse(root, click.Context(root, info_name=NAME), shlex.split(each))


def _parse(command: click.Command, parent: click.Context, arguments: list[str]) -> None:
    context = command.make_context(command.name, list(arguments), parent=parent)
    if isinstance(command, click.Group):
        if command.invoke_without_command and not context._protected_args:
            return
        name, member, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert name is not None
        assert member is not None
        _parse(member, context, rest)
