"""What holds for every command: help, wrong use, what cannot be reached, and how it ends."""

from __future__ import annotations

import inspect
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable

import boto3
import click
import pytest

from fargatecount import __version__
from fargatecount.cli.root import COMMANDS, root
from tests.cli.conftest import Answer
from tests.support.builders import SCOPE
from tests.support.command import ROOT, SECONDS, command
from tests.support.deployed import STACK, Deployed

Run = Callable[..., Answer]


def every_command() -> list[str]:
    """Name every command, those of groups too."""
    found = []
    for name in COMMANDS:
        made = root.get_command(click.Context(root), name)
        found += [name, *(f"{name} {member}" for member in (made.commands if isinstance(made, click.Group) else ()))]
    return found


@pytest.mark.parametrize("name", every_command())
def test_every_command_has_help_with_an_example(fargatecount: Run, name: str) -> None:
    """What it does, its options, and how one calls it; without AWS."""
    answer = fargatecount(*name.split(), "--help")
    assert answer.code == 0
    assert f"Usage: fargatecount {name}" in answer.out
    assert "Example" in answer.out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_of_a_command_is_how_its_help_begins(name: str) -> None:
    """The list of commands, which loads none of them, shows the first sentence of each help in full."""
    made = root.get_command(click.Context(root), name)
    assert made is not None
    assert inspect.cleandoc(made.help or "").split("\n\n")[0] == COMMANDS[name].summary


def test_help_loads_no_command() -> None:
    """The list of commands and the completion of their names import neither boto3 nor a command."""
    program = (
        "import sys; from fargatecount.cli.root import COMMANDS, root, run; import click;"
        " run(['--help']); root.shell_complete(click.Context(root), 'st');"
        " print(sorted({'boto3', 'botocore', *(f'fargatecount.cli.{c.module}' for c in COMMANDS.values())} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=SECONDS)
    assert run.stdout.splitlines()[-1] == "[]"


def test_a_name_is_completed_with_its_summary() -> None:
    """Completion offers the commands that begin so, with the sentence of the list."""
    found = root.shell_complete(click.Context(root), "re")
    assert [(item.value, item.help) for item in found] == [(name, COMMANDS[name].summary) for name in ("reconcile", "report")]


def test_without_a_command_the_help_is_shown(fargatecount: Run) -> None:
    """Which is wrong use, and so goes to stderr."""
    answer = fargatecount()
    assert (answer.code, answer.out) == (2, "")
    assert all(name in answer.err for name in COMMANDS)


@pytest.mark.parametrize("arguments", [("coutn",), ("status", "--colour"), ("status", "-o", "yaml"), ("verify", "extra")])
def test_wrong_use_is_code_2(fargatecount: Run, arguments: tuple[str, ...]) -> None:
    """What is wrong is named, and where the help is."""
    answer = fargatecount(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert "--help" in answer.err


def test_the_version_is_that_of_the_package(fargatecount: Run) -> None:
    """`--version` answers without AWS."""
    assert fargatecount("--version").out.strip() == f"fargatecount, version {__version__}"


def test_the_table_is_found_by_the_stage(here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a table's name the outputs of the stage's stack are asked, for the user's settings too."""
    monkeypatch.delenv("FARGATECOUNT_TABLE")
    here.create_stack(SpotFactor="0.5")
    here.deliver(here.ecs.run("t1"))
    usage = fargatecount("status", "--json").json
    assert usage["scopes"][0]["total"]["held"] == 1
    assert "Spot at 0.5 of on-demand" in usage["prices"]


def test_a_person_who_is_first_makes_the_table_as_the_functions_would(
    here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reconcile by hand right after a deployment divides the clusters into the buckets that were deployed."""
    monkeypatch.delenv("FARGATECOUNT_TABLE")
    here.create_stack(Buckets="3")
    here.ecs.create()
    assert fargatecount("reconcile", "--yes", "--json").code == 0
    assert len(fargatecount("verify", "--json").json["findings"]) == 3


def test_a_stage_that_is_not_there_is_named(here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack that was looked for, the Region, the account, and what to do."""
    assert here.rows() == {}
    monkeypatch.delenv("FARGATECOUNT_TABLE")
    answer = fargatecount("status")
    assert (answer.code, answer.out) == (2, "")
    assert f"there is no stack {STACK} in {SCOPE.region} of account {SCOPE.account}" in answer.err
    assert "make deploy" in answer.err


def test_a_stack_of_another_prefix_is_named(here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--stack` and its variable find what the stage does not, which says what is there to be named."""
    monkeypatch.delenv("FARGATECOUNT_TABLE")
    here.create_stack("acme-fargate-prod")
    here.deliver(here.ecs.run("t1"))
    assert "acme-fargate-prod; name one with --stack" in fargatecount("status").err
    assert fargatecount("status", "--stack", "acme-fargate-prod", "--json").json["scopes"][0]["total"]["held"] == 1
    monkeypatch.setenv("FARGATECOUNT_STACK", "acme-fargate-prod")
    assert fargatecount("status").code == 0


def test_a_table_of_another_stack_is_not_mixed_with_it(here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the stack is asked for a queue, it must be the one that has the table."""
    here.create_stack()
    monkeypatch.setenv("FARGATECOUNT_TABLE", "another")
    answer = fargatecount("dead-letters", "list")
    assert (answer.code, answer.out) == (2, "")
    assert f"table another is not that of stack {STACK}" in answer.err
    assert here.outputs["TableName"] in answer.err
    assert "--stack" in answer.err


@pytest.mark.parametrize("words", ["status", "verify", "reconcile --yes"])
def test_a_table_that_is_not_there_is_named(here: Deployed, fargatecount: Run, words: str) -> None:
    """A table by that name is wrong use, not an empty answer."""
    boto3.client("dynamodb", SCOPE.region).delete_table(TableName=here.outputs["TableName"])
    answer = fargatecount(*words.split())
    assert (answer.code, answer.out) == (2, "")
    assert here.outputs["TableName"] in answer.err


def test_no_profile_of_that_name(here: Deployed, fargatecount: Run) -> None:
    """A profile that does not exist is wrong use."""
    assert here.rows() == {}
    answer = fargatecount("status", "--profile", "nobody")
    assert answer.code == 2
    assert "nobody" in answer.err


def test_nothing_recorded_is_said_in_words(here: Deployed, fargatecount: Run) -> None:
    """A deployment that has seen nothing yet is no error, and does not call that complete."""
    assert here.rows() == {}
    answer = fargatecount("status")
    assert (answer.code, "Nothing has been recorded yet." in answer.out) == (0, True)
    assert fargatecount("status", "--json").json["scopes"] == []


def test_a_bad_setting_is_named(here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that is no limit is wrong use, with the variable's name."""
    assert here.rows() == {}
    monkeypatch.setenv("FARGATECOUNT_SPOT_FACTOR", "cheap")
    answer = fargatecount("status")
    assert answer.code == 2
    assert "FARGATECOUNT_SPOT_FACTOR is 'cheap': expected a number from 0 to 1" in answer.err


def test_a_defect_is_code_70_and_asks_to_be_reported(here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected state, such as a row that no code writes, ends in two lines; with FARGATECOUNT_DEBUG in its traceback."""
    here.deliver(here.ecs.run("t1"))
    here.spoil_row("t1", phase="flying")
    answer = fargatecount("verify")
    assert (answer.code, answer.out) == (70, "")
    assert answer.err.startswith("unexpected error: ValueError:")
    assert "FARGATECOUNT_DEBUG=1" in answer.err
    monkeypatch.setenv("FARGATECOUNT_DEBUG", "1")
    with pytest.raises(ValueError, match="flying"):
        fargatecount("verify")


def test_aws_out_of_reach_is_code_3() -> None:
    """Where no server answers, the code is 3 and the output empty: no number is better than a wrong one."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        process = command(
            "report", "list", "--json", environment={"AWS_ENDPOINT_URL": endpoint, "FARGATECOUNT_REPORTS_BUCKET": "some-bucket"}
        )
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (3, "")
    assert json.loads(err)["exit_code"] == 3


def test_an_interrupt_is_code_130_and_one_line() -> None:
    """Ctrl-C while AWS takes its time ends the command without a traceback."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(SECONDS)
        process = command("status", environment={"AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"})
        asked, _ = silent.accept()
        with asked:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert err.strip().endswith("interrupted")


def test_a_closed_pipe_is_quiet() -> None:
    """A reader that has seen enough, such as `head`, is no error."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        process = command("--help", stdout=writer)
        _, err = process.communicate(timeout=SECONDS)
    finally:
        os.close(writer)
    assert (process.returncode, err) == (0, "")
