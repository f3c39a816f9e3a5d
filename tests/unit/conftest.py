"""What holds for all unit tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

RECURSION_LIMIT = 1_000
"""The interpreter's own. A library that another test imports may raise it, and JSON that is too deep by this one is then decoded."""


@pytest.fixture(autouse=True)
def _own_recursion_limit() -> Iterator[None]:
    """Let each test run with the recursion limit that a function of the deployment has."""
    raised = sys.getrecursionlimit()
    sys.setrecursionlimit(RECURSION_LIMIT)
    yield
    sys.setrecursionlimit(raised)
