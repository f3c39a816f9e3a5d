"""`fargatecount report --html`, `--open` and `--live`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.report_page import live
from fargatecount.reconcile.report import report_id
from fargatecount.workload import Millis, Phase
from tests.cli.conftest import Answer
from tests.support.builders import HOUR, MINUTE, SCOPE, seen
from tests.support.deadline import eventually
from tests.support.deployed import Deployed
from tests.support.page_document import document
from tests.support.pages import HOSTILE, cluster, repair, repaired, report, usage

Run = Callable[..., Answer]


def keep(shared: Deployed, ago: Millis, running: int) -> str:
    """Keep a report of some time ago, and return its id."""
    at = shared.clock.now() - ago
    told = usage(cluster("ECS-web", running), cluster(f"ECS-{HOSTILE}", 1))
    shared.reports.keep(report(at, told, repaired("web", repair())))
    return report_id(at)


@pytest.fixture(scope="module")
def kept(shared: Deployed) -> list[str]:
    """Three reports: two days, an hour and a minute ago; and a task that runs now."""
    shared.deliver(seen(Phase.RUNNING, observed_at=shared.clock.now()))
    return [keep(shared, 48 * HOUR, 3), keep(shared, HOUR, 5), keep(shared, MINUTE, 7)]


@pytest.mark.usefixtures("kept")
def test_a_page_is_of_now_and_the_last_day(fargatecount: Run, tmp_path: Path) -> None:
    """Without more words it has the counters as they are, and the reports of a day."""
    file = tmp_path / "page.html"
    answer = fargatecount("report", "--html", str(file))
    assert (answer.code, answer.out) == (0, "")
    page = document(file)
    assert (page["headline"]["running"], page["digest"]["reports"], page["account"]) == (1, 2, SCOPE.account)


@pytest.mark.usefixtures("kept")
def test_the_marks_of_a_page_are_the_deployments_thresholds(fargatecount: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The gauges change their color at the thresholds of the alarms."""
    monkeypatch.setenv("FARGATECOUNT_WARNING_PERCENT", "50")
    assert fargatecount("report", "--html", str(tmp_path / "page.html")).code == 0
    assert document(tmp_path / "page.html")["marks"] == [50.0, 95.0]


@pytest.mark.usefixtures("kept")
def test_a_page_goes_back_as_far_as_it_is_told(fargatecount: Run, tmp_path: Path) -> None:
    """A week of reports, and their drift."""
    fargatecount("report", "--since", "7d", "--html", str(tmp_path / "page.html"))
    digest = document(tmp_path / "page.html")["digest"]
    assert (digest["reports"], digest["drift"]["causes"]) == (3, {"missed stop": 3})


def test_a_page_of_one_report_is_as_it_was_then(kept: list[str], fargatecount: Run, tmp_path: Path) -> None:
    """By its id, and by the word for the latest."""
    for asked, running in ((kept[1], 6), ("latest", 8)):
        fargatecount("report", "show", asked, "--html", str(tmp_path / "page.html"))
        assert document(tmp_path / "page.html")["headline"]["running"] == running


@pytest.mark.usefixtures("kept")
def test_a_page_on_the_standard_output(fargatecount: Run) -> None:
    """For programs that take it from there."""
    answer = fargatecount("report", "--html", "-")
    assert answer.out.startswith("<!doctype html>")
    assert answer.out.endswith("</html>\n")


@pytest.mark.usefixtures("kept")
def test_what_is_not_complete_is_a_warning_too(fargatecount: Run, tmp_path: Path) -> None:
    """The page is written, and the terminal says what it says."""
    answer = fargatecount("report", "--html", str(tmp_path / "page.html"))
    assert "warning: not complete: ECS-web is unreadable: not yet listed" in answer.err


@pytest.mark.usefixtures("kept")
def test_a_page_that_cannot_be_written_is_wrong_use(fargatecount: Run, tmp_path: Path) -> None:
    """The error names the file."""
    answer = fargatecount("report", "--html", str(tmp_path / "no" / "page.html"))
    assert (answer.code, answer.out) == (2, "")
    assert f"cannot write {tmp_path / 'no' / 'page.html'}: No such file or directory" in answer.err


class Browser(webbrowser.BaseBrowser):
    """A browser that remembers what it was asked to open."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:  # noqa: ARG002 - webbrowser's signature
        self.opened.append(url)
        return True


@pytest.fixture(scope="module")
def browser() -> Browser:
    """Return the user's browser."""
    found = Browser()
    webbrowser.register("a test's", None, found, preferred=True)
    return found


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("is_named", [True, False])
def test_a_page_is_opened_in_a_browser(fargatecount: Run, browser: Browser, tmp_path: Path, is_named: bool) -> None:
    """A file that was named, or one among the temporary ones."""
    named = ("--html", str(tmp_path / "a page.html")) if is_named else ()
    assert fargatecount("report", "--open", *named).code == 0
    opened = Path(unquote(urlsplit(browser.opened[-1]).path))
    assert (opened == tmp_path / "a page.html") is is_named
    assert document(opened)["headline"]["running"] == 1


def test_without_a_browser_the_address_is_said() -> None:
    """On a server there is none: that is a warning, and no failure."""
    program = "from fargatecount.cli.report_page import open_in_browser; open_in_browser('file:///a.html')"
    environment = {"PATH": "", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")
    assert "open file:///a.html yourself" in done.stderr


class Visitor(threading.Thread):
    """A reader who opens the live page once it is served, and then presses Ctrl-C."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port
        self.page: Any = None

    def run(self) -> None:
        try:
            self.page = eventually(self._read, "the live page answers", within=30.0)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    def _read(self) -> Any:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/page.json", timeout=10) as answer:
                return json.loads(answer.read())
        except OSError:
            return None


@pytest.mark.usefixtures("kept")
def test_the_live_page_is_served_until_ctrl_c(fargatecount: Run) -> None:
    """Its address is the answer, it shows what is counted now, and its end is no failure of anything: 0 and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    visitor = Visitor(port)
    visitor.start()
    answer = fargatecount("report", "--live", "--port", str(port))
    visitor.join()
    assert (visitor.page["headline"]["running"], visitor.page["digest"]["reports"]) == (1, 1)
    assert (answer.code, answer.out) == (0, f"http://127.0.0.1:{port}/\n")
    assert "Traceback" not in answer.err


@pytest.mark.usefixtures("kept")
def test_a_live_page_may_run_beside_other_work() -> None:
    """In a thread, for as long as its context lasts."""
    with live(connect(table=os.environ["FARGATECOUNT_TABLE"])) as url, urllib.request.urlopen(url, timeout=30) as answer:
        assert b'"running":1' in answer.read()


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("arguments", "remark"),
    [
        (("--html", "x", "--json"), "leave out -o and --json"),
        (("--html", "x", "-o", "csv"), "leave out -o and --json"),
        (("--live", "--html", "x"), "--live shows the present"),
        (("latest", "--live"), "--live shows the present"),
        (("--port", "8000"), "--port is for --live"),
        (("--live", "--port", "70000"), "is not in the range"),
        (("latest", "--since", "1d", "--html", "x"), "not both"),
    ],
)
def test_wrong_use_is_explained(fargatecount: Run, arguments: tuple[str, ...], remark: str) -> None:
    """What does not go together is said before AWS is asked."""
    answer = fargatecount("report", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert remark in answer.err


@pytest.mark.usefixtures("kept")
def test_a_taken_port_is_wrong_use(fargatecount: Run) -> None:
    """It is named, with what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = fargatecount("report", "--live", "--port", str(port))
    assert answer.code == 2
    assert f"cannot listen on 127.0.0.1:{port}" in answer.err
