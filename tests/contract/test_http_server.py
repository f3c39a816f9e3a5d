"""The bounded server, over sockets: what a client can take is limited."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from fargatecount.adapters.http_server import MAX_CONNECTIONS, MAX_REQUEST_BYTES, BoundedServer, serving_in_thread
from fargatecount.adapters.tls import tls_context
from fargatecount.errors import MisconfiguredError
from fargatecount.exporter.http import HttpRequest, HttpResponse, plain_response
from tests.support.certificates import self_signed
from tests.support.deadline import eventually

SHORT = 0.3
"""Seconds that a test's server gives a request."""


class Behind:
    """What is behind a server: it remembers the requests, and answers when it may."""

    def __init__(self) -> None:
        self.asked: list[HttpRequest] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.at_once = 0
        self.most_at_once = 0

    def reply(self, request: HttpRequest) -> HttpResponse | None:
        return plain_response(200, "ok") if request.path == "/healthz" else None

    def answer(self, request: HttpRequest) -> HttpResponse:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.asked.append(request)
        self.may_answer.wait(10)
        self.at_once -= 1
        return HttpResponse(body=b"x" * 1_000, headers={"X-Own": "1"})


@contextmanager
def served(behind: Behind, **options: Any) -> Iterator[int]:
    server = BoundedServer(behind.reply, behind.answer, **options)
    with serving_in_thread(server):
        yield server.server_port


def exchange(port: int, sent: bytes) -> bytes:
    """Return everything that comes back for these bytes until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        return rest_of(connection)


def rest_of(connection: socket.socket) -> bytes:
    found = b""
    try:
        while part := connection.recv(65_536):
            found += part
    except ConnectionError:
        pass
    return found


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def ask(port: int, path: str = "/", method: str = "GET") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path)
    return connection.getresponse()


def test_a_request_arrives_as_it_was_sent() -> None:
    """Method, path with its query, headers by lower case, and the client's address; the response comes with the safe headers."""
    behind = Behind()
    with served(behind) as port:
        answer = exchange(port, b"GET /a?b=%20c HTTP/1.1\r\nHost: x\r\nAccept: y\r\n\r\n")
    (request,) = behind.asked
    assert (request.method, request.path, request.headers, request.client) == (
        "GET", "/a?b=%20c", {"host": "x", "accept": "y"}, "127.0.0.1",
    )  # fmt: skip
    head, _, body = answer.partition(b"\r\n\r\n")
    assert (status_of(answer), body) == (200, b"x" * 1_000)
    for header in (b"X-Own: 1", b"Cache-Control: no-store", b"X-Content-Type-Options: nosniff", b"Server: fargatecount"):
        assert header in head
    assert b"Python" not in head


def test_a_head_has_no_body() -> None:
    """But the length that a GET would have."""
    with served(Behind()) as port:
        answer = ask(port, method="HEAD")
        assert (answer.getheader("Content-Length"), answer.read()) == ("1000", b"")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"a" * MAX_REQUEST_BYTES + b" HTTP/1.1\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * MAX_REQUEST_BYTES + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 5_000 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 150 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 413),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
    ],
)
def test_what_is_too_large_or_no_request_is_refused(sent: bytes, status: int) -> None:
    """Before anything behind the server is asked."""
    behind = Behind()
    with served(behind) as port:
        answer = exchange(port, sent)
    # The first line of a request that is no HTTP decides the version of the answer: HTTP/0.9 has no status line.
    assert status_of(answer) == status if answer.startswith(b"HTTP/") else f"Error code: {status}".encode() in answer
    assert behind.asked == []


def test_a_header_cannot_be_smuggled_into_a_response() -> None:
    """A path with an encoded line end stays a path."""
    with served(Behind()) as port:
        assert b"Injected" not in exchange(port, b"GET /%0d%0aInjected:1 HTTP/1.1\r\nHost: x\r\n\r\n").partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_slow_request_is_cut_off(sent: bytes) -> None:
    """A client that opens a connection and sends nothing, or stops in the middle, is closed after its time."""
    behind = Behind()
    with served(behind, request_seconds=SHORT) as port:
        answer = exchange(port, sent)
    assert (answer, behind.asked) == (b"", [])


def test_a_trickle_is_cut_off() -> None:
    """One byte after another resets no timer: the whole request has its time."""
    behind, stop = Behind(), threading.Event()
    with served(behind, request_seconds=SHORT) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as connection:

        def trickle() -> None:
            connection.sendall(b"GET / HTTP/1.1\r\nX: ")
            while not stop.wait(0.02):
                try:
                    connection.sendall(b"a")
                except OSError:
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            assert rest_of(connection) == b""
        finally:
            stop.set()
            thread.join()
    assert behind.asked == []


def test_a_reader_that_takes_nothing_is_cut_off() -> None:
    """A response without a reader does not hold its connection for longer than its time."""
    behind = Behind()
    large = HttpResponse(body=b"x" * 50_000_000)
    server = BoundedServer(behind.reply, lambda _: large, connection_seconds=SHORT)
    with serving_in_thread(server), socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        eventually(lambda: not server._open, "the connection is closed")


def test_connections_are_bounded() -> None:
    """Beyond the limit a connection is closed at once; when the others are gone there is room again."""
    behind = Behind()
    server = BoundedServer(behind.reply, behind.answer)
    with serving_in_thread(server), ExitStack() as stack:
        port = server.server_port
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10)) for _ in range(MAX_CONNECTIONS)]
        eventually(lambda: len(server._open) == MAX_CONNECTIONS, "all are accepted")
        assert exchange(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == b""
        for each in idle:
            each.close()

        def answers() -> bool:
            try:
                return ask(port).status == 200
            except OSError:
                return False

        assert eventually(answers, "there is room again")


def test_one_answer_at_a_time_and_the_health_beside_it() -> None:
    """What is behind the server is never asked by two at once; a health check does not wait for it."""
    behind = Behind()
    behind.may_answer.clear()
    with served(behind) as port, ThreadPoolExecutor(4) as clients:
        waiting = [clients.submit(lambda: ask(port).status) for _ in range(3)]
        eventually(lambda: behind.asked, "one is being answered")
        assert ask(port, "/healthz").status == 200
        behind.may_answer.set()
        assert [each.result() for each in waiting] == [200] * 3
    assert behind.most_at_once == 1


def test_tls_with_files(tmp_path: Path) -> None:
    """The certificate of the files is served; plain HTTP on that port gets nothing, and a handshake that never comes is cut off."""
    certificate, key = self_signed(tmp_path, "localhost")
    behind = Behind()
    with served(behind, tls=tls_context(certificate, key), request_seconds=SHORT) as port:
        trust = ssl.create_default_context(cafile=str(certificate))
        connection = http.client.HTTPSConnection("localhost", port, context=trust, timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
        assert exchange(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == b""
        assert exchange(port, b"") == b""
    assert len(behind.asked) == 1


def test_files_that_are_no_tls_are_named(tmp_path: Path) -> None:
    """Both names, and what is expected of them."""
    (tmp_path / "c.pem").write_text("no certificate")
    with pytest.raises(MisconfiguredError, match=r"c\.pem and .*k\.pem") as caught:
        tls_context(tmp_path / "c.pem", tmp_path / "k.pem")
    assert "PEM" in caught.value.remedy


def test_an_address_that_this_machine_does_not_have_is_named() -> None:
    """192.0.2.0/24 is for documentation: no machine has it (RFC 5737)."""
    with pytest.raises(MisconfiguredError, match=r"cannot listen on 192\.0\.2\.1"):
        BoundedServer(Behind().reply, Behind().answer, address="192.0.2.1")
