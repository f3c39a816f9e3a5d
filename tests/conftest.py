"""What holds for all tests: how hard properties try, and in which order and company suites run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from botocore.loaders import JSONFileLoader

from tests import effort

effort.load()

SUITES = (
    "rules",
    "unit",
    "benchmarks",
    "handlers",
    "cli",
    "watcher",
    "convergence",
    "contract",
    "package",
    "browser",
    "kube",
    "local",
    "e2e",
)
"""Fast ones first: a mistake in a decision shows before an emulator has started."""
SHARING = {"package", "browser", "kube", "local", "e2e"}
"""Suites whose tests share something dear, a server or an artefact: they run in one process, so that it is made once."""
ALONE = {"test_alarms.py", "test_breaches.py", "test_first_pass.py", "test_limit_events.py", "test_readme.py"}
"""End-to-end tests with an embedded AWS of their own: they need not wait for the others'."""
HERE = Path(__file__).parent


@pytest.fixture(scope="session", autouse=True)
def _service_models_are_parsed_once() -> Iterator[None]:
    """Let all sessions of a process share botocore's service models: parsing them anew for every test is a quarter of all tests' time."""
    read = JSONFileLoader.load_file
    parsed = cache(lambda path: read(JSONFileLoader(), path))
    JSONFileLoader.load_file = lambda _loader, path: parsed(path)
    yield
    JSONFileLoader.load_file = read


def suite_of(item: pytest.Item) -> str:
    """Return the folder below `tests` that a test lies in."""
    return item.path.relative_to(HERE).parts[0]


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the suites and keep each that shares something together."""
    items.sort(key=lambda item: SUITES.index(suite_of(item)))
    for item in items:
        if suite_of(item) in SHARING:
            item.add_marker(pytest.mark.xdist_group(item.path.name if item.path.name in ALONE else suite_of(item)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run where pytest-xdist would not keep groups together: pytest 9.2 made node ids that pytest-xdist 3.8 cannot mark.

    Raises:
        UsageError: a grouped test does not carry its group.
    """
    if not hasattr(session.config, "workerinput") or not getattr(session.config.option, "loadgroup", False):
        return
    for item in session.items:
        if item.get_closest_marker("xdist_group") and "@" not in item.nodeid:
            raise pytest.UsageError(f"{item.nodeid} lost its group: this pytest and this pytest-xdist do not fit, see pyproject.toml")
