"""What the tests themselves keep to."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.rules.tracked import called, modules, tree

POLLING = {Path("tests/kube/deadline.py"), Path("tests/deadline.py"), Path("tests/local/deadline.py"), Path("tests/e2e/deadline.py")}
"""Where a real process is waited for, with a bound: the one place in which a test may sleep."""
MOCKS = ("unittest.mock", "mock", "pytest_mock")


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
