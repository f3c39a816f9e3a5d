"""`fargatecount serve`."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fargatecount.cli.serve import PORT, TOKEN
from fargatecount.workload import Phase
from tests.cli.conftest import Answer
from tests.support.builders import seen
from tests.support.deadline import eventually
from tests.support.deployed import Deployed
from tests.support.exporting import series_of
from tests.support.http_server import Reply, Request, answering

Run = Callable[..., Answer]
SECRET = "a-token-of-some-length"


@pytest.fixture(scope="module")
def running(shared: Deployed) -> Deployed:
    """A task that runs."""
    shared.deliver(seen(Phase.RUNNING, observed_at=shared.clock.now()))
    return shared


class Scraper(threading.Thread):
    """A client that asks for some paths once the server is there, and then sends Ctrl-C."""

    def __init__(self, port: int, *paths: str, token: str | None = None) -> None:
        super().__init__()
        self.port, self.paths, self.token = port, paths, token
        self.found: dict[str, tuple[int, str]] = {}

    def run(self) -> None:
        try:
            eventually(lambda: self.read("/healthz"), "the exporter answers", within=30.0)
            self.found = {path: found for path in self.paths if (found := self.read(path))}
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    def read(self, path: str) -> tuple[int, str] | None:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError:
            return None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


@pytest.mark.usefixtures("running")
def test_the_deployment_is_served_until_ctrl_c(fargatecount: Run) -> None:
    """Metrics, document and page of what is counted now; the address is the answer, and Ctrl-C no failure."""
    scraper = Scraper(free_port(), "/metrics", "/api/v1/usage", "/page.json", "/")
    scraper.start()
    answer = fargatecount("serve", "--port", str(scraper.port), "--detail", "service")
    scraper.join()
    assert {path: status for path, (status, _) in scraper.found.items()} == dict.fromkeys(scraper.paths, 200)
    series = series_of(scraper.found["/metrics"][1])
    assert (series["table_readable"], series["readable"], series["cluster_readable{cluster=ECS-web}"]) == (1, 0, 0)
    usage: Any = json.loads(scraper.found["/api/v1/usage"][1])
    assert usage["scopes"][0]["clusters"][0]["running"] == 1
    assert json.loads(scraper.found["/page.json"][1])["headline"]["running"] == 1
    assert (answer.code, answer.out) == (130, f"http://127.0.0.1:{scraper.port}/\n")
    assert "Traceback" not in answer.err


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("by_file", [True, False])
def test_a_token_is_demanded(fargatecount: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, by_file: bool) -> None:
    """Of the environment or of a file: without it everything but the health is 401, and on a network its clear text is a warning."""
    (tmp_path / "token").write_text(f"{SECRET}\n")
    arguments = ("--token-file", str(tmp_path / "token")) if by_file else ()
    if not by_file:
        monkeypatch.setenv(TOKEN, SECRET)
    stranger = Scraper(free_port(), "/metrics", "/")
    stranger.start()
    answer = fargatecount("serve", "--port", str(stranger.port), "--listen", "0.0.0.0", *arguments)
    stranger.join()
    assert {status for status, _ in stranger.found.values()} == {401}
    assert "the token travels in clear text" in answer.err
    friend = Scraper(free_port(), "/metrics", token=SECRET)
    friend.start()
    fargatecount("serve", "--port", str(friend.port), *arguments)
    friend.join()
    assert friend.found["/metrics"][0] == 200


@pytest.mark.parametrize(
    ("arguments", "remark"),
    [
        (("--listen", "0.0.0.0"), f"everyone on the network of 0.0.0.0 could read it: set ${TOKEN}"),
        (("--tls-cert", "c.pem"), "--tls-cert and --tls-key belong together"),
        (("--token-file", "/nowhere"), "cannot read the token from /nowhere"),
        (("--every", "0"), "is not in the range"),
        (("--otlp", "collector:4318"), "http://collector:4318"),
        (("--detail", "all"), "is not one of"),
    ],
)
def test_wrong_use_is_explained(fargatecount: Run, arguments: tuple[str, ...], remark: str) -> None:
    """Before AWS is asked."""
    answer = fargatecount("serve", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert remark in answer.err


def test_a_token_that_can_be_guessed_is_refused(fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its length is named, not the token."""
    monkeypatch.setenv(TOKEN, "secret")
    answer = fargatecount("serve")
    assert (answer.code, "has 6 characters" in answer.err, "openssl rand" in answer.err) == (2, True, True)
    assert "secret" not in answer.err


@pytest.mark.usefixtures("running")
def test_a_taken_port_is_wrong_use(fargatecount: Run) -> None:
    """It is named, with what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = fargatecount("serve", "--port", str(port))
    assert (answer.code, f"cannot listen on 127.0.0.1:{port}" in answer.err) == (2, True)
    assert PORT > 1024


@pytest.mark.usefixtures("running")
def test_the_metrics_are_pushed_while_it_serves(fargatecount: Run) -> None:
    """The receiver gets what a scrape shows, from the first second on."""
    bodies: list[bytes] = []

    def take(request: Request) -> Reply:
        bodies.append(request.body)
        return Reply("", "application/x-protobuf")

    with answering(take) as url:
        scraper = Scraper(free_port(), "/metrics")
        scraper.start()
        answer = fargatecount("serve", "--port", str(scraper.port), "--otlp", url)
        scraper.join()
    assert (answer.code, f"Pushing the metrics to {url}." in answer.err) == (130, True)
    assert b"fargatecount_table_readable" in bodies[0]
