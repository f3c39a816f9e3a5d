"""Size and names of modules, and the inputs that a decision must not have."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.rules.tracked import PACKAGES, ROOT, called, concepts, modules, tree

LONGEST = 300
"""Lines: the largest module that is still read in one sitting."""
USUAL = 220
"""Lines above which a module needs a reason in `LONGER`."""
LONGER = {
    "fargatecount/ledger/row.py": "the order of facts, the merge, and the join of unchanging facts prove each other's properties",
}
NAMELESS = {"utils", "util", "common", "helpers", "helper", "base", "manager", "misc", "core", "shared"}

CLOCKS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "datetime.datetime.now", "datetime.datetime.utcnow", "date.today"),
    *("time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.sleep"),
}
CHANCE = {"uuid.uuid4", "uuid4", "uuid.uuid1", "uuid1", "secrets.token_hex", "os.urandom"}
SURROUNDINGS = {"os.getenv", "os.environ.get", "open", "print", "input"}


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=str)
def test_a_module_is_short(path: Path) -> None:
    """A module has at most 220 lines; up to 300 with a written reason."""
    lines = len((ROOT / path).read_text().splitlines())
    assert lines <= (LONGEST if str(path) in LONGER else USUAL)


def test_every_reason_for_a_long_module_is_needed() -> None:
    """A module that has shrunk needs no exception."""
    assert [path for path in LONGER if len((ROOT / path).read_text().splitlines()) <= USUAL] == []


def test_no_public_class_name_stands_twice() -> None:
    """A class name identifies one class."""
    found: dict[str, list[str]] = {}
    for path in modules("fargatecount"):
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(str(path))
    assert {name: paths for name, paths in found.items() if len(paths) > 1} == {}


def test_modules_are_named_by_what_they_hold() -> None:
    """No module has a name that fits any content."""
    assert [str(path) for path in modules(*PACKAGES, "tests") if NAMELESS & set(path.with_suffix("").parts)] == []


def test_what_decides_asks_no_clock_no_chance_and_no_surroundings() -> None:
    """A decision depends on its arguments alone: time and chance are passed in, and nothing is read or written on the way."""
    found = []
    for path in concepts():
        for node in ast.walk(tree(path)):
            name = called(node) if isinstance(node, ast.Call) else ""
            # `random.Random` makes a generator that a caller may replace; the module's own functions share one that cannot be replaced.
            by_chance = name.startswith("random.") and name != "random.Random"
            if isinstance(node, ast.Call) and (name in CLOCKS | CHANCE | SURROUNDINGS or by_chance):
                found.append(f"{path}:{node.lineno} {name}")
            if isinstance(node, ast.Attribute) and called(node) == "os.environ":
                found.append(f"{path}:{node.lineno} os.environ")
    assert found == []
