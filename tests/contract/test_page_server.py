"""The live page's server, asked over HTTP."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from fargatecount.adapters.page_server import PageServer, serving
from fargatecount.errors import MisconfiguredError, UnavailableError
from fargatecount.report.page.document import Page
from fargatecount.report.page.render import html
from tests.support.pages import a_day


class Looking:
    """What is looked at, or the trouble with it."""

    def __init__(self) -> None:
        self.page = a_day(refresh_ms=3_000)
        self.trouble: Exception | None = None
        self.meeting: threading.Barrier | None = None
        self.met = False

    def look(self) -> Page:
        if self.meeting is not None:
            with suppress(threading.BrokenBarrierError):
                self.meeting.wait(0.05)
                self.met = True
        if self.trouble is not None:
            raise self.trouble
        return self.page


class Served:
    """A server with its address."""

    def __init__(self, looking: Looking, url: str) -> None:
        self.looking = looking
        self.port = urlsplit(url).port or 0

    def ask(self, path: str = "/page.json", *, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, headers=headers)
        return connection.getresponse()


@pytest.fixture
def served() -> Iterator[Served]:
    looking = Looking()
    with serving(looking.look) as url:
        yield Served(looking, url)


def test_the_page_is_the_file(served: Served) -> None:
    """What `/` serves is what would be written to a file, as HTML."""
    answer = served.ask("/")
    assert (answer.status, answer.getheader("Content-Type")) == (200, "text/html; charset=utf-8")
    assert b'id="data"' in answer.read()


def test_its_document_is_read_as_of_now(served: Served) -> None:
    """Each question is answered by a look of its own, which no cache may keep."""
    served.ask().read()
    served.looking.page = msgspec.structs.replace(served.looking.page, region="eu-north-1")
    answer = served.ask()
    assert (answer.status, answer.getheader("Cache-Control")) == (200, "no-store")
    assert msgspec.json.decode(answer.read())["region"] == "eu-north-1"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example:{port}", ""])
def test_a_name_of_somebody_else_is_refused(served: Served, host: str) -> None:
    """A page of another site, whose name was made to resolve to this machine, learns nothing."""
    answer = served.ask(Host=host.format(port=served.port))
    assert (answer.status, b"ECS" in answer.read()) == (403, False)


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "127.0.0.1"])
def test_its_own_names_are_answered(served: Served, host: str) -> None:
    """By number and by name."""
    assert served.ask(Host=host.format(port=served.port)).status == 200


@pytest.mark.parametrize("path", ["/etc/passwd", "/../page.json", "/page.json?x=1", "/favicon.ico"])
def test_there_is_nothing_else(served: Served, path: str) -> None:
    """No file of this machine can be asked for."""
    assert served.ask(path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_it_can_only_be_read(served: Served, method: str) -> None:
    """And no other site gets permission to read."""
    answer = served.ask(method=method)
    assert (answer.status, answer.getheader("Access-Control-Allow-Origin")) == (405, None)


def test_trouble_is_an_answer_with_its_remedy(served: Served) -> None:
    """The page goes on asking, so the server goes on too."""
    served.looking.trouble = UnavailableError("the table did not answer", remedy="check the network")
    answer = served.ask()
    assert answer.status == 503
    assert msgspec.json.decode(answer.read()) == {"error": "the table did not answer", "remedy": "check the network"}
    served.looking.trouble = None
    assert served.ask().status == 200


def test_nobody_else_can_frame_or_embed_it(served: Served) -> None:
    """The headers say so to every browser."""
    answer = served.ask("/")
    assert answer.getheader("Content-Security-Policy") == "frame-ancestors 'none'"
    assert answer.getheader("Cross-Origin-Resource-Policy") == "same-origin"
    assert answer.getheader("X-Content-Type-Options") == "nosniff"


def test_it_listens_on_the_loopback_interface_only() -> None:
    """Its socket is bound to 127.0.0.1, so that no other machine can connect."""
    with PageServer(Looking().look, html=html) as server:
        assert server.server_address[0] == "127.0.0.1"


def test_many_browsers_are_one_look_at_a_time(served: Served) -> None:
    """What is behind the page is not for two threads at once."""
    served.looking.meeting = threading.Barrier(2)
    with ThreadPoolExecutor(4) as browsers:
        statuses = list(browsers.map(lambda _: served.ask().status, range(4)))
    assert (statuses, served.looking.met) == ([200] * 4, False)


def test_an_idle_connection_keeps_nobody_waiting(served: Served) -> None:
    """Browsers open connections that they may need: others are answered meanwhile."""
    with socket.create_connection(("127.0.0.1", served.port)):
        assert served.ask().status == 200


def test_a_taken_port_is_named() -> None:
    """With what to do."""
    with serving(Looking().look) as url:
        port = urlsplit(url).port or 0
        with pytest.raises(MisconfiguredError, match=f"127.0.0.1:{port}") as caught:
            PageServer(Looking().look, port, html=html)
    assert "--port" in caught.value.remedy


def test_after_the_context_nobody_listens() -> None:
    """The port is free again."""
    with serving(Looking().look) as url:
        port = urlsplit(url).port or 0
    again: Any = PageServer(Looking().look, port, html=html)
    again.server_close()
