"""The version stands in fargatecount/__init__.py; `python -m tools.version 0.3.0` sets it there and in its copies.

pyproject.toml and serverless.yml read it themselves. Manifests, examples of commands and the sidecar, which imports nothing, have a copy.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "fargatecount" / "__init__.py"
COPIES = {
    "taskstats/__main__.py": r'(?m)^(VERSION = ")[^"]+(")',
    "infra/kubernetes/kustomization.yaml": r"(newTag: )\S+()",
    "infra/taskstats/taskstats.tf": r"(fargatecount-taskstats:)[0-9][0-9a-z.]*()",
    "infra/taskstats/task-definition.yml": r"(fargatecount-taskstats:)[0-9][0-9a-z.]*()",
    "infra/helm/Chart.yaml": r"(?m)^((?:version|appVersion): )\S+()",
    "infra/terraform/main.tf": r"(fargatecount-(?:terraform-)?)[0-9]+\.[0-9]+\.[0-9]+((?:\.template|\.function|\"))",
    "docs/watcher.md": r"(fargatecount-watcher:)[0-9][0-9a-z.]*()",
    "docs/taskstats.md": r"(fargatecount-taskstats:)[0-9][0-9a-z.]*()",
    "docs/openapi.json": r'("version": ")[^"]+(")',
}
"""Files with a copy, and how it stands there: what is before and after the number."""
FORM = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+((a|b|rc)[0-9]+)?")
"""As https://packaging.python.org/en/latest/specifications/version-specifiers/ has it, without what this project does not use."""


def current() -> str:
    """Return the version."""
    found = re.search(r'^__version__ = "([^"]+)"$', SOURCE.read_text(), re.MULTILINE)
    assert found is not None, SOURCE
    return found[1]


def differing() -> list[str]:
    """Return the files whose copy is not the version."""
    return [name for name in COPIES if (ROOT / name).exists() and written(name, current()) != (ROOT / name).read_text()]


def written(name: str, version: str) -> str:
    """Return the text of a file with the version in it."""
    return re.sub(COPIES[name], rf"\g<1>{version}\g<2>", (ROOT / name).read_text())


def main() -> None:
    """Set the version."""
    if len(sys.argv) != 2 or not FORM.fullmatch(sys.argv[1]):
        sys.exit("usage: python -m tools.version 0.3.0")
    SOURCE.write_text(re.sub(r'(?m)^__version__ = ".*"$', f'__version__ = "{sys.argv[1]}"', SOURCE.read_text()))
    for name in COPIES:
        if (ROOT / name).exists():
            (ROOT / name).write_text(written(name, sys.argv[1]))


if __name__ == "__main__":
    main()
