"""One emulator for all tests of the embedded AWS; every test uses names of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.controls import Controls
from local.stack import Stack
from tests.local.account import Account


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return an emulator with nothing deployed."""
    with Stack(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture
def controls(stack: Stack) -> Iterator[Controls]:
    """Return what makes the emulator harsher; it is gentle again after the test."""
    yield stack.controls
    stack.controls.reset()


@pytest.fixture
def account(stack: Stack) -> Account:
    """Return an account with a cluster and a task definition of this test's own."""
    return Account(stack)
