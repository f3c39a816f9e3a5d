"""The files under the rules: those under version control, so that work in progress breaks no rule yet."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
EDGES = {"adapters", "bootstrap", "cli"}
"""Packages of `fargatecount` that talk to the outside."""
PACKAGES = ("fargatecount", "handlers", "watcher", "taskstats", "local", "benchmarks", "tools")


@cache
def tracked() -> tuple[Path, ...]:
    """Return all files under version control that exist, relative to the checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return tuple(path for name in listed.split("\0") if name and (ROOT / (path := Path(name))).is_file())


def modules(*folders: str) -> list[Path]:
    """Return the Python modules under version control in folders of the checkout."""
    return [path for path in tracked() if path.suffix == ".py" and path.parts[0] in folders]


def concepts() -> list[Path]:
    """Return the modules that decide: all packages of `fargatecount` except adapters, command line and bootstrap."""
    return [path for path in modules("fargatecount") if path.parts[1] not in EDGES and path.stem != "__init__"]


def dotted(path: Path) -> str:
    """Return the import name of a module."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def tree(path: Path) -> ast.Module:
    """Return the syntax of a module."""
    return ast.parse((ROOT / path).read_text(), filename=str(path))


def called(node: ast.AST) -> str:
    """Return the dotted name of a call, such as `time.sleep`; empty for anything but a plain name."""
    names = []
    function = node.func if isinstance(node, ast.Call) else node
    while isinstance(function, ast.Attribute):
        names.append(function.attr)
        function = function.value
    return ".".join([function.id, *reversed(names)]) if isinstance(function, ast.Name) else ""
