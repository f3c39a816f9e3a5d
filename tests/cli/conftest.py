"""The command line, run in this process as a person or a program would run it."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fargatecount.cli.config_file import FILE
from fargatecount.cli.root import run
from fargatecount.cli.verbosity import REQUESTS
from tests.support.deployed import Deployed, deployed


@dataclass(frozen=True)
class Answer:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its answer, read by a program."""
        return json.loads(self.out)


class Terminal(io.StringIO):
    """A user at a terminal who types this."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


@contextmanager
def found_by_name(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """Yield a deployment that the command line finds by table and bucket."""
    with deployed(monkeypatch) as found:
        monkeypatch.setenv("FARGATECOUNT_TABLE", found.outputs["TableName"])
        monkeypatch.setenv("FARGATECOUNT_REPORTS_BUCKET", found.outputs["ReportsBucket"])
        yield found


@pytest.fixture(autouse=True)
def config_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the path of the test's own configuration file, which does not exist at first."""
    path = tmp_path / "fargatecount" / "config.toml"
    monkeypatch.setenv(FILE, str(path))
    return path


@pytest.fixture(autouse=True)
def _logger_is_off_again() -> Iterator[None]:
    """Turn off what a command under test has turned on; other tests of the process may have disabled all logging."""
    before, logger = logging.root.manager.disable, logging.getLogger(REQUESTS)
    logging.disable(logging.NOTSET)
    logger.disabled = False  # import-linter, which the rules run in this process, disables all loggers
    yield
    logging.disable(before)
    logger.setLevel(logging.NOTSET)
    logger.handlers.clear()
    logger.propagate = True


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """Return a deployment of the test's own."""
    with found_by_name(monkeypatch) as found:
        yield found


@pytest.fixture(scope="module")
def shared() -> Iterator[Deployed]:
    """Return a deployment that the tests of a module only read."""
    with pytest.MonkeyPatch.context() as monkeypatch, found_by_name(monkeypatch) as found:
        yield found


@pytest.fixture
def fargatecount(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Return a function that runs a command.

    `typed` is the input of a user at a terminal, `columns` the width of the terminal for the output; without them there is no terminal.
    """

    def fargatecount(*arguments: str, typed: str | None = None, columns: int | None = None) -> Answer:
        capsys.readouterr()
        before, seen = sys.stdin, Terminal()
        sys.stdin = io.StringIO() if typed is None else Terminal(typed)
        if columns is not None:
            monkeypatch.setenv("COLUMNS", str(columns))
            monkeypatch.setenv("TERM", "dumb")  # which has no colors
        try:
            with redirect_stdout(seen) if columns is not None else nullcontext():
                code = run(list(arguments))
        finally:
            sys.stdin = before
        captured = capsys.readouterr()
        return Answer(code, captured.out + seen.getvalue(), captured.err)

    return fargatecount
