"""The completion scripts in the shells themselves: what a person gets who presses Tab."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import ROOT, SECONDS

BASH = """
eval "$(fargatecount completion bash)"
COMP_WORDS=(fargatecount {words}) COMP_CWORD={last}
_fargatecount_completion fargatecount
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
# zsh's own completion functions need its line editor; these print what they are given.
ZSH = """
compdef() {{ }}
compadd() {{ local name=${{@[-1]}}; print -rl -- "${{(@P)name}}" }}
_describe() {{ print -rl -- "${{(@P)3}}" }}
eval "$(fargatecount completion zsh)"
words=(fargatecount {words}) CURRENT={current}
_fargatecount_completion
"""
FISH = """
fargatecount completion fish | source
complete -C "fargatecount {words}"
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def completed(shell: str, words: str, directory: Path) -> set[str]:
    """Return the first word of each suggestion of a shell."""
    last = len(words.split(" "))
    script = SCRIPTS[shell].format(words=words, last=last, current=last + 1)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        "PATH": path,
        "HOME": str(directory),
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    }
    flags = {"bash": ["--norc", "-c"], "zsh": ["-f", "-c"], "fish": ["--no-config", "-c"]}[shell]
    done = subprocess.run([shell, *flags, script], env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return {line.split("\t")[0].split(":")[0].strip() for line in done.stdout.splitlines() if line.strip()}


@pytest.mark.parametrize(
    ("words", "expected"),
    [("ver", {"verify"}), ("dead-letters re", {"replay"}), ("status -o w", {"wide"}), ("status --deb", {"--debug"})],
)
@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_shell_completes(shell: str, words: str, expected: set[str], tmp_path: Path) -> None:
    """A command, one of a group, a value, an option; without a network."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}")
    assert completed(shell, words, tmp_path) & expected == expected
