"""Traps of PynamoDB that no module may step into."""

from __future__ import annotations

import ast

from tests.rules.tracked import modules, tree

BROKEN = {"cause_response_code", "cause_response_message"}
"""Raise AttributeError for a read timeout, whose cause has a `response` of None (PynamoDB 6.1.0, pynamodb/exceptions.py).
`fargatecount.adapters.dynamodb.errors.code_of` returns None there."""


def test_no_module_asks_pynamodb_for_the_code_of_an_error() -> None:
    """A slow table is unavailable, not an unexpected error."""
    found = [
        f"{path}:{node.lineno}"
        for path in modules("fargatecount", "handlers", "watcher", "local", "benchmarks", "tools", "tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in BROKEN
    ]
    assert found == []
