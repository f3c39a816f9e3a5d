"""The README as a newcomer follows it: every command of its `sh` blocks, as printed, one after the other in one shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.process import CHECKOUT
from local.stack import Stack
from tests.rules.tracked import tracked

README = (CHECKOUT / "README.md").read_text()
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines() if line.strip()]
VERDICTS = ("fargatecount headroom", "fargatecount doctor", "fargatecount alarm-test")
"""Commands that may correctly answer "no" (1) or "not known yet" (4) about a deployment that is a minute old."""
MARK = "::exit "
SECONDS = 240.0
"""Two deployments and twenty commands take half a minute on an idle machine."""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a separate checkout: osls shares `.serverless` with every deployment from the same folder."""
    copy = tmp_path_factory.mktemp("readme") / "fargatecount"
    for path in tracked():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / path, copy / path)
    for name in ("pyproject.toml", "requirements-dev.txt", "package.json", "package-lock.json"):
        # make compares times: what is set up is shared with the checkout, and must not be set up again from here.
        os.utime(copy / name, (0, 0))
    for name in (".venv", "node_modules"):
        (copy / name).symlink_to(CHECKOUT / name)
    return copy


@pytest.fixture(scope="module")
def transcript(checkout: Path) -> list[tuple[str, int, str]]:
    """Run all commands; return each with its exit code and output."""
    stack = Stack()
    if stack.process.pid is not None:
        pytest.skip("an embedded AWS of yours is up in this checkout, and the README starts one: fargatecount local down")
    script = "\n".join(f'{line}\necho "{MARK}$?"' for line in COMMANDS)
    # The Python of the tests may be outside of .venv; this CloudFormation is faster than AWS's, so osls polls it more often.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FARGATECOUNT_"))}
    environment |= {"FARGATECOUNT_PYTHON": sys.executable, "SLS_AWS_MONITORING_FREQUENCY": "250"}
    try:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=checkout,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    finally:
        stack.down()
    parts = re.split(rf"^{MARK}(\d+)$", done.stdout, flags=re.MULTILINE)
    return list(zip(COMMANDS, map(int, parts[1::2]), parts[::2], strict=False))


@pytest.mark.parametrize("number", range(len(COMMANDS)), ids=COMMANDS)
def test_a_command_of_the_readme_does_what_it_says(transcript: list[tuple[str, int, str]], number: int) -> None:
    """Each command succeeds; a command with a verdict returns one."""
    command, code, printed = transcript[number]
    assert code in ({0, 1, 4} if command.startswith(VERDICTS) else {0}), printed
    assert "Traceback" not in printed
