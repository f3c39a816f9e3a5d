"""`fargatecount count` as a process: at a terminal, interrupted, and without anybody who answers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import SCOPE
from tests.support.fake_ecs import FakeEcs
from tests.support.fakes import FakeClock
from tests.support.pseudo_terminal import shown_by
from tests.support.whole_aws import whole_aws

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60
"""A look takes about one; the rest is for a machine that does much else."""


def count(*arguments: str, environment: dict[str, str], **values: Any) -> subprocess.Popen[str]:
    """Start the command."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FARGATECOUNT_", "NO_COLOR", "COLUMNS"))}
    mine = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": SCOPE.region, "AWS_EC2_METADATA_DISABLED": "true"}
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    return subprocess.Popen(
        [sys.executable, "-m", "fargatecount.cli", "count", *arguments],
        cwd=ROOT,
        env={**kept, **mine, **environment},
        text=True,
        **streams | values,
    )


@pytest.fixture
def ecs() -> FakeEcs:
    """A cluster with a task."""
    found = FakeEcs(FakeClock())
    found.run("t1", cpu="1024", memory="2048")
    return found


def at_a_terminal(*arguments: str, environment: dict[str, str]) -> str:
    """Return all that a terminal shows of the command."""
    looks = {"TERM": "xterm", "COLUMNS": "150", **environment}
    code, shown = shown_by(lambda there: count(*arguments, environment=looks, stdout=there, stderr=there))
    assert code == 0, shown
    return shown


def test_a_terminal_shows_progress_and_bars(ecs: FakeEcs) -> None:
    """How far it is while it looks, and how full the quota is at the end."""
    with whole_aws(ecs) as environment:
        shown = at_a_terminal(environment=environment)
    assert "finding clusters" in shown or "counting" in shown
    assert "█░░░" in shown
    assert "ECS-web" in shown


def test_no_color_means_none(ecs: FakeEcs) -> None:
    """With NO_COLOR (https://no-color.org) a terminal gets no colors; bars are text."""
    with whole_aws(ecs) as environment:
        shown = at_a_terminal(environment={**environment, "NO_COLOR": "1"})
    assert "\x1b[3" not in shown.replace("\x1b[3m", "")
    assert "█░░░" in shown


def test_json_at_a_terminal_has_no_bar_in_it(ecs: FakeEcs) -> None:
    """The progress is wiped off before the answer comes."""
    with whole_aws(ecs) as environment:
        shown = at_a_terminal("--json", environment=environment)
    assert '"schema": "fargatecount/usage"' in shown
    assert "░" not in shown


def test_without_a_terminal_nothing_but_the_answer(ecs: FakeEcs) -> None:
    """No progress, no bar, no escape sequence."""
    with whole_aws(ecs) as environment:
        out, err = count(environment=environment).communicate(timeout=SECONDS)
    assert ("ECS-web" in out, err) == (True, "")
    assert not set(out) & {"\x1b", "█", "░"}


@contextmanager
def silent() -> Iterator[tuple[socket.socket, str]]:
    """Yield a socket that takes connections and never answers, and its URL."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(SECONDS)
        yield listening, f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_an_interrupt_while_clusters_are_asked_for(ecs: FakeEcs) -> None:
    """Ctrl-C ends it at once, whatever its threads wait for: code 130, one line, no half of an answer."""
    with whole_aws(ecs) as environment, silent() as (listening, url):
        process = count("--json", environment={**environment, "AWS_ENDPOINT_URL_ECS": url})
        asked, _ = listening.accept()
        with asked, ended(process):
            process.send_signal(signal.SIGINT)
            # AWS has 20 s for an answer: who waited for it would be found out.
            out, err = process.communicate(timeout=15)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert err.strip() == "interrupted"


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Leave no process behind, whatever comes of the test."""
    try:
        yield
    finally:
        process.kill()
        process.communicate()


def nobody_at() -> str:
    """Return a URL without a server."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


def test_a_region_that_is_none_is_named() -> None:
    """No server answers there: no number, and a suggestion."""
    process = count("--json", "--region", "eu-west-9", environment={"AWS_ENDPOINT_URL_STS": nobody_at()})
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (3, "")
    found = json.loads(err)
    assert found["error"].startswith("asking in eu-west-9 who we are")
    assert "'eu-west-9' is not a Region that this version knows: did you mean eu-west-" in found["remedy"]


def test_services_that_do_not_answer_are_code_3(ecs: FakeEcs) -> None:
    """The credentials are good and neither ECS nor EKS can be reached: that is no answer of 0."""
    with whole_aws(ecs) as environment:
        gone = {"AWS_ENDPOINT_URL_ECS": nobody_at(), "AWS_ENDPOINT_URL_EKS": nobody_at()}
        process = count("--json", environment={**environment, **gone})
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (3, "")
    found = json.loads(err)
    assert found["error"].startswith("123456789012 eu-west-1 could not be reached: ListClusters: Could not connect")
    assert (found["exit_code"], "check the network" in found["remedy"]) == (3, True)


def test_a_service_that_does_not_answer_is_a_warning(ecs: FakeEcs) -> None:
    """EKS cannot be reached, ECS can: its clusters are counted, and the count is not called complete."""
    with whole_aws(ecs) as environment:
        process = count(environment={**environment, "AWS_ENDPOINT_URL_EKS": nobody_at()})
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, "incomplete" in out, "≥1" in out) == (0, True, True)
    assert "may have clusters that are not counted: EKS clusters could not be listed" in err
