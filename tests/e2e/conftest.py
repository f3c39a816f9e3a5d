"""One embedded AWS for all end-to-end tests, with this checkout deployed to it; every test uses clusters of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.stack import Stack
from tests.e2e.deployment import Deployed


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return the embedded AWS with the real serverless.yml deployed."""
    with Stack(tmp_path_factory.mktemp("aws")) as running:
        running.deploy()
        yield running


@pytest.fixture
def deployed(stack: Stack) -> Iterator[Deployed]:
    """Return the deployment; whatever trouble a test made is over after it."""
    yield Deployed(stack)
    stack.controls.reset()
