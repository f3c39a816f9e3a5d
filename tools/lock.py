"""Lock: give each pinned requirement the hashes of all files that the package index has of that version.

    python -m tools.lock [FILE...]

Versions stay as they are, so this runs after a version was changed or a package added. One line per package: the packaging plugin of the
functions sorts lines, and would tear continued ones apart. uv and pip then refuse a file that was replaced in the index.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILES = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-docs.txt",
    "requirements-scan.txt",
    "requirements-iam.txt",
    "watcher/requirements.txt",
)
COMPILE = ("pip", "compile", "--quiet", "--no-deps", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header")


def locked(compiled: str) -> str:
    """Return what uv writes over several lines with one line per package."""
    return compiled.replace(" \\\n   ", "")


def main(names: Sequence[str]) -> int:
    """Rewrite the files; a comment at the top stays."""
    for name in names or FILES:
        path = ROOT / name
        lines = path.read_text().splitlines(keepends=True)
        head = "".join(line for line in lines if line.startswith("#"))
        bare = "".join(line.partition(" --hash=")[0].rstrip("\n") + "\n" for line in lines if not line.startswith("#"))
        uv = Path(sys.executable).parent / "uv"
        found = subprocess.run([uv, *COMPILE, "--no-annotate", "-"], input=bare, capture_output=True, text=True, check=True, cwd=ROOT)
        path.write_text(head + locked(found.stdout))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
