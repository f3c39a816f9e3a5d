"""The rules of the tests themselves."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.rules.tracked import called, modules, tree

POLLING = {Path("tests/support/deadline.py")}
"""The one place in which a test may sleep: a bounded wait for a real process."""
MOCKS = ("unittest.mock", "mock", "pytest_mock")

REPLACED = {
    # botocore parses the models of its services again for each session, and has no way to be given parsed ones: a loader is a component of
    # one session, and what is tested makes sessions of its own. Sharing them changes no behavior, and saves a quarter of the time.
    (Path("tests/conftest.py"), "JSONFileLoader.load_file"),
    (Path("tests/conftest.py"), "Loader.list_available_services"),
    # Code that spreads its retries makes generators of its own; a schedule replays only if these follow from its seed too.
    (Path("tests/simulation/replay.py"), "random.Random"),
    # Typed input: Python can redirect its output (contextlib.redirect_stdout), but not its input.
    (Path("tests/cli/conftest.py"), "sys.stdin"),
}
"""Names of other modules that a test may replace, with the reason."""


def facts_of(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return the test functions of a module."""
    return [
        node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]


ALL = [path for path in modules("tests") if "effects" not in path.parts]
SUITES = [path for path in ALL if facts_of(path)]


@pytest.mark.parametrize("path", SUITES, ids=str)
def test_every_test_states_its_fact(path: Path) -> None:
    """The docstring of a test is the fact about the system that it proves."""
    assert [test.name for test in facts_of(path) if not (ast.get_docstring(test) or "").strip().endswith(".")] == []


def test_no_test_waits_for_time_to_pass() -> None:
    """Tests own their clocks; where a real process must be waited for, one bounded helper polls."""
    found = [
        f"{path}:{node.lineno}"
        for path in ALL
        if path not in POLLING
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and called(node) in {"time.sleep", "sleep", "asyncio.sleep"}
    ]
    assert found == []


def test_no_test_uses_a_mock() -> None:
    """Fakes have a memory and can be wrong in one place only; a patched name tests the patch."""
    found = []
    for path in ALL:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
                if isinstance(node, ast.ImportFrom) and node.module == "unittest":
                    names = [f"unittest.{alias.name}" for alias in node.names]
                found += [f"{path}:{node.lineno} {name}" for name in names if name.startswith(MOCKS)]
            if isinstance(node, ast.Call) and called(node) in {"monkeypatch.setattr", "monkeypatch.setitem", "monkeypatch.delattr"}:
                found.append(f"{path}:{node.lineno} {called(node)}")
    assert found == []


def replaced(module: ast.Module) -> list[tuple[int, str]]:
    """Return the places where a module assigns to an imported name or a part of it, or deletes it."""
    imports = [node for node in ast.walk(module) if isinstance(node, ast.Import | ast.ImportFrom)]
    imported = {(alias.asname or alias.name).split(".")[0] for node in imports for alias in node.names}
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            target: ast.AST = node
        elif isinstance(node, ast.Call) and called(node) in {"setattr", "delattr"} and node.args:
            target = node.args[0]
        else:
            continue
        root = target
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        if isinstance(root, ast.Name) and root.id in imported:
            found.append((node.lineno, ast.unparse(target)))
    return found


def test_no_test_replaces_a_part_of_another_module() -> None:
    """Assigning to another module is a `monkeypatch.setattr` that outlives the test; each exception has its reason."""
    found = {(path, what): line for path in ALL for line, what in replaced(tree(path))}
    assert [f"{path}:{line} {what}" for (path, what), line in found.items() if (path, what) not in REPLACED] == []
    assert set(found) >= REPLACED, "an exception that nothing needs any more"


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("import os\nos.getcwd = None", "os.getcwd"),
        ("import os.path\nos.path.join: object = None", "os.path.join"),
        ("from os import path as p\np.join = p.split = None", "p.join"),
        ("from botocore.client import Config\n(Config.a, b) = 1, 2", "Config.a"),
        ("import sys\nfor sys.stdin in []: pass", "sys.stdin"),
        ("from x import Y\ndel Y.z", "Y.z"),
        ("from x import Y\nsetattr(Y, 'z', 1)", "Y"),
        ("from x import y\ny['a'].b += 1", "y['a'].b"),
    ],
)
def test_each_way_to_replace_is_seen(code: str, what: str) -> None:
    """The rule sees every kind of statement; objects that a test created are its own."""
    assert what in [name for _, name in replaced(ast.parse(code))]
    assert replaced(ast.parse("from x import Y\ny = Y()\ny.z = 1\nsetattr(y, 'z', 2)")) == []
