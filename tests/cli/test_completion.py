"""`fargatecount completion`, and what it makes a shell complete."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from fargatecount.cli.root import COMMANDS
from tests.cli.conftest import Answer
from tests.support.command import SECONDS, command

Run = Callable[..., Answer]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell(fargatecount: Run, shell: str) -> None:
    """It calls the command with the variable that makes it complete."""
    if shell == "bash" and shutil.which("bash") is None:
        pytest.skip("click asks bash for its version")
    answer = fargatecount("completion", shell)
    assert answer.code == 0
    assert f"_FARGATECOUNT_COMPLETE={shell}_complete" in answer.out


def test_a_shell_that_is_not_known(fargatecount: Run) -> None:
    """Wrong use, with those that are."""
    answer = fargatecount("completion", "tcsh")
    assert (answer.code, "'fish'" in answer.err) == (2, True)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("fargatecount ", set(COMMANDS)),
        ("fargatecount dea", {"dead-letters"}),
        ("fargatecount dead-letters ", {"list", "replay"}),
        ("fargatecount dead-letters list --sou", {"--source"}),
        ("fargatecount dead-letters list --source r", {"rule", "retries"}),
        ("fargatecount status --cluster ", set()),
    ],
)
def test_what_is_completed(typed: str, expected: set[str]) -> None:
    """Commands, options and their words; nothing over the network, whatever the credentials."""
    words = {"_FARGATECOUNT_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split(" ")) - 1)}
    process = command(environment={**words, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (0, "")
    assert {line.partition(",")[2] for line in out.splitlines()} - {""} == expected
