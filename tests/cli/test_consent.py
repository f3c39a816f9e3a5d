"""What changes something asks on a terminal, and needs `--yes` elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import click
import pytest

from fargatecount.cli.root import COMMANDS, root
from tests.cli.conftest import Answer
from tests.support.deployed import Deployed

Run = Callable[..., Answer]

CHANGING = (
    "reconcile",
    "reconcile --rebuild",
    "verify --repair",
    "dead-letters replay",
    "eks enroll web",
    "eks unenroll web",
    "alarm-test",
    "deploy",
    "upgrade",
    "destroy",
    "init",
    "organization retire --account=111111111111 --from-region=us-east-1",
    "quota request --to=2000",
    "mute --until=18:00 --reason=test",
    "organization deploy --ou=Root --regions=eu-west-1",
    "organization upgrade",
    "organization remove",
)
"""Every command that changes something in AWS or in a cluster; `count --publish` and `report --html` say so by their option."""


def with_yes() -> set[str]:
    """Name the commands that take `--yes`."""
    found = set()
    for name in COMMANDS:
        command = root.get_command(click.Context(root), name)
        assert command is not None
        members = [(f"{name} {key}", member) for key, member in command.commands.items()] if isinstance(command, click.Group) else []
        found |= {path for path, each in [(name, command), *members] if any(option.name == "yes" for option in each.params)}
    return found


def test_every_command_that_takes_yes_is_tried_here() -> None:
    """A new command that asks is under this rule too."""
    assert with_yes() == {" ".join(word for word in words.split() if not word.startswith("--") and word != "web") for words in CHANGING}


@pytest.mark.parametrize("words", CHANGING)
def test_without_a_terminal_nothing_changes_without_yes(here: Deployed, fargatecount: Run, words: str) -> None:
    """It is wrong use, refused before AWS is asked, with the way out."""
    here.ecs.run("t1")
    answer = fargatecount(*words.split())
    assert (answer.code, answer.out, here.rows(), here.ecs.asked) == (2, "", {}, [])
    assert "--yes" in answer.err


@pytest.mark.parametrize(("words", "code"), [("reconcile", 0), ("reconcile --rebuild", 130), ("verify --repair", 130)])
def test_enter_means_yes_only_where_the_change_is_easy_to_undo(here: Deployed, fargatecount: Run, words: str, code: int) -> None:
    """A reconcile goes on; what discards or overwrites does not."""
    here.deliver(here.ecs.run("t1"))
    here.spoil_counter()
    assert fargatecount(*words.split(), typed="\n").code == code
