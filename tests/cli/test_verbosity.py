"""--quiet, --verbose and --debug; `help` and `version`; errors as JSON; and the sections of the help."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import click
import pytest

from fargatecount import __version__
from fargatecount.cli.error_document import wants_json
from fargatecount.cli.root import COMMANDS, root, sections
from tests.cli.conftest import Answer
from tests.support.deployed import Deployed

Run = Callable[..., Answer]


def test_verbose_shows_each_request_and_its_time(here: Deployed, fargatecount: Run) -> None:
    """On stderr: service, operation, Region, status and milliseconds; the answer is as without."""
    here.deliver(here.ecs.run("t1"))
    answer = fargatecount("status", "--json", "--verbose")
    assert answer.json["scopes"][0]["total"]["held"] == 1
    lines = [line for line in answer.err.splitlines() if " ms" in line]
    assert all(re.fullmatch(r"[\w-]+ \w+ [\w-]+: \w+ in \d+ ms", line) for line in lines), lines
    assert {line.split(" in ")[0] for line in lines} >= {"dynamodb Query eu-west-1: 200", "dynamodb BatchGetItem eu-west-1: 200"}


def test_debug_shows_parameters_and_no_secret(here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither credentials nor answers are written; an error has its traceback."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    here.deliver(here.ecs.run("t1"))
    err = fargatecount("status", "--debug").err
    assert ("KeyConditionExpression" in err, "wJalrXUtnFEMI" in err, "Authorization" in err) == (True, False, False)
    monkeypatch.setenv("FARGATECOUNT_TABLE", "no-such-table")
    answer = fargatecount("status", "--debug")
    assert (answer.code, "Traceback" in answer.err, "error: " in answer.err) == (2, True, True)


def test_without_the_option_nothing_is_logged(here: Deployed, fargatecount: Run) -> None:
    """A request leaves no line."""
    here.deliver(here.ecs.run("t1"))
    assert " ms" not in fargatecount("status").err


def test_quiet_leaves_the_answer_and_errors(here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings go; the table still has its bounds and the state of each cluster."""
    here.deliver(here.ecs.run("t1"))
    loud, quiet = fargatecount("status"), fargatecount("status", "-q")
    assert ("warning:" in loud.err, quiet.err, quiet.out) == (True, "", loud.out)
    monkeypatch.setenv("FARGATECOUNT_TABLE", "no-such-table")
    assert "no-such-table" in fargatecount("status", "-q").err


@pytest.mark.parametrize("words", [["--json"], ["-o", "json"], ["-ojson"], ["--output", "json"], ["--output=json"]])
def test_an_error_is_json_where_the_answer_would_be(
    here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """One line on stderr with the text, the remedy and the exit code; stdout is empty."""
    assert here.rows() == {}
    monkeypatch.setenv("FARGATECOUNT_TABLE", "no-such-table")
    answer = fargatecount("status", *words)
    document = json.loads(answer.err)
    assert (answer.out, answer.code, document["schema"], document["version"]) == ("", 2, "fargatecount/error", 1)
    assert ("no-such-table" in document["error"], bool(document["remedy"]), document["exit_code"]) == (True, True, 2)


def test_wrong_use_is_json_too(fargatecount: Run) -> None:
    """Before the options are read, the words alone say that the answer would be JSON."""
    document = json.loads(fargatecount("statsu", "--json").err)
    assert (document["error"], document["exit_code"]) == ("No such command 'statsu'; did you mean status?", 2)
    assert wants_json(["status", "--", "--json"]) is False


def test_hostile_text_in_an_error_is_harmless(fargatecount: Run) -> None:
    """Control characters are escapes in JSON."""
    err = fargatecount("\x1b]0;owned\x07", "--json").err
    assert ("\x1b" in err, json.loads(err)["exit_code"]) == (False, 2)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("statsu",), "status"),
        (("dead-leters",), "dead-letters"),
        (("status", "-o", "jsn"), "json"),
        (("status", "--profil3", "x"), "--profile"),
    ],
)
def test_a_misspelled_word_gets_a_suggestion(fargatecount: Run, words: tuple[str, ...], meant: str) -> None:
    """A command, a value, an option."""
    answer = fargatecount(*words)
    assert (answer.code, f"id you mean {meant}" in answer.err.replace("'", "")) == (2, True)


def test_help_and_version_are_words_too(fargatecount: Run) -> None:
    """As in many tools."""
    assert fargatecount("help").out == fargatecount("--help").out
    assert fargatecount("help", "status").out == fargatecount("status", "--help").out
    assert __version__ in fargatecount("version").out


def test_every_command_is_in_one_section_of_the_help(fargatecount: Run) -> None:
    """A new one that is in none comes last."""
    listed = [name for _, names in sections() for name in names]
    assert sorted(listed) == sorted(COMMANDS)
    out = fargatecount("--help").out
    assert [title for title, _ in sections() if f"\n{title}:\n" not in out] == []


def test_every_command_has_the_three_options() -> None:
    """And no other meaning of their letters."""
    for name in COMMANDS:
        made = root.get_command(click.Context(root), name)
        assert made is not None
        for member in leaves(made):
            options = [word for parameter in member.params for word in parameter.opts]
            assert [options.count(word) for word in ("-q", "--quiet", "-v", "--verbose", "--debug")] == [1] * 5, (name, member.name)


def leaves(command: click.Command) -> Iterator[click.Command]:
    """Yield a command, or the commands of a group."""
    if isinstance(command, click.Group):
        for member in command.commands.values():
            yield from leaves(member)
    else:
        yield command
