"""The commands of docs/eks.md, run as they stand there, one after the other."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

from local import eks_clusters
from local.process import CHECKOUT
from tests.e2e.deployment import Deployed

PAGE = CHECKOUT / "docs" / "eks.md"


def commands() -> list[list[str]]:
    """Return the words of every command in the page's shell blocks, without `fargatecount` itself."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [shlex.split(line, comments=True)[1:] for block in blocks for line in block.splitlines()]


def test_every_command_of_the_page_works(deployed: Deployed) -> None:
    """On clusters made as the page says; only what leaves something to do by hand says so, and the pods are counted in the end."""
    asked = commands()
    assert len(asked) > 8
    for name, pods, mode in (("demo", 20, "API_AND_CONFIG_MAP"), ("old", 5, "CONFIG_MAP")):
        words = ["-m", "local.eks_clusters", name, "--pods", str(pods), "--mode", mode, "--state", str(deployed.stack.state)]
        made = subprocess.run([sys.executable, *words], cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=True)
        assert made.stdout == f"EKS cluster {name}: {pods} pods\n"
    try:
        answers = {" ".join(words): deployed.command(*words) for words in asked}
    finally:
        for name in ("demo", "old"):
            eks_clusters.delete(deployed.stack, name)
    left_to_do = {line for line, answer in answers.items() if answer.returncode == 1 and "--all" in line}
    failed = {line: answer.stderr for line, answer in answers.items() if answer.returncode and line not in left_to_do}
    assert not failed
    assert left_to_do == {"eks enroll --all --dry-run", "eks enroll --all --yes"}
    assert "aws-auth" in answers["eks enroll --all --yes"].stdout
    shown = answers["status --cluster EKS-* -o wide"].stdout
    rows = {line.split()[0]: line.split() for line in shown.splitlines() if line.strip().startswith("EKS-")}
    assert (rows["EKS-demo"][3], rows["EKS-old"][3]) == ("20", "5")
