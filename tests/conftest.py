"""What holds for all tests: how hard properties try, and in which order and company suites run."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from botocore.loaders import JSONFileLoader, Loader

from tests.browser import chromium
from tests.support import dynamodb_local as local_dynamodb
from tests.support import effort

effort.load()

SUITES = (
    "rules",
    "unit",
    "fuzz",
    "benchmarks",
    "handlers",
    "cli",
    "watcher",
    "taskstats",
    "convergence",
    "simulation",
    "contract",
    "package",
    "prometheus",
    "browser",
    "kube",
    "local",
    "e2e",
)
"""Fast ones first: a mistake in a decision shows before an emulator has started."""
SHARING = {"package", "prometheus", "browser", "kube", "local", "e2e"}
"""Suites whose tests share a server or an artifact that is slow to make: they run in one process, so that it is made once."""
ALONE = {
    f"e2e/test_{name}.py" for name in ("alarms", "breaches", "deploy", "first_pass", "limit_events", "readme", "upgrade", "upgrade_running")
}
"""End-to-end tests with an embedded AWS of their own: they need not wait for the others'."""
HERE = Path(__file__).parent


@pytest.fixture(scope="session", autouse=True)
def _service_models_are_parsed_once() -> Iterator[None]:
    """Let all sessions of a process share botocore's service models and their list: both again for every test are a third of its time."""
    read, listed = JSONFileLoader.load_file, Loader.list_available_services
    parsed = cache(lambda path: read(JSONFileLoader(), path))
    known = cache(lambda folders, kind: listed(Loader(extra_search_paths=list(folders), include_default_search_paths=False), kind))
    JSONFileLoader.load_file = lambda _loader, path: parsed(path)  # type: ignore[method-assign, assignment]
    Loader.list_available_services = lambda loader, type_name: list(known(tuple(loader.search_paths), type_name))  # type: ignore[method-assign, assignment]
    yield
    JSONFileLoader.load_file, Loader.list_available_services = read, listed  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def _signals_reach_the_programs_under_test() -> Iterator[None]:
    """Restore the signals that are ignored where a shell runs the tests in the background (Ctrl-C) or under nohup (SIGHUP)."""
    before = [(signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))]
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        before.append((signal.SIGHUP, signal.signal(signal.SIGHUP, signal.SIG_DFL)))
    yield
    for number, handler in before:
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[str]:
    """Return the URL of AWS's own DynamoDB, started once; every test takes tables of its own."""
    reason = local_dynamodb.missing()
    if reason:
        pytest.skip(f"DynamoDB Local: {reason}")
    with local_dynamodb.running() as endpoint:
        yield endpoint


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what is about to run, for how long, and which cases this machine cannot run."""
    if hasattr(config, "workerinput") or config.args != config.getini("testpaths"):
        return []
    lines = [
        f"suites: {', '.join(SUITES)}",
        "duration: eight to eleven minutes on two cores; after half a minute of collecting, tests that share a server come first",
    ]
    if not os.environ.get("KUBEBUILDER_ASSETS"):
        lines.append("skipped here: cases that need a real kube-apiserver; CONTRIBUTING.md says how to get one")
    if chromium.executable() is None:
        lines.append("skipped here: cases that need Chromium; CONTRIBUTING.md says how to get one")
    if shutil.which("prometheus") is None:
        lines.append("skipped here: cases that need Prometheus; CONTRIBUTING.md says how to get it")
    if reason := local_dynamodb.missing():
        lines.append(f"skipped here: cases that need AWS's own DynamoDB ({reason}); CONTRIBUTING.md says how to get it")
    return lines


def place_of(item: pytest.Item) -> Path:
    """Return the file of a test, as seen from `tests`."""
    return item.path.relative_to(HERE)


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the suites and keep each that shares something together."""
    items.sort(key=lambda item: SUITES.index(place_of(item).parts[0]))
    for item in items:
        suite, file = place_of(item).parts[0], place_of(item).as_posix()
        if suite in SHARING:
            item.add_marker(pytest.mark.xdist_group(file if file in ALONE else suite))


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
