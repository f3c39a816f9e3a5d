"""The endpoint: which addresses are accepted, and that no server can hold the sidecar up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from taskstats.endpoint import LARGEST, Endpoint, EndpointError
from tests.support.http_server import Reply, answering


@pytest.mark.parametrize("address", ["http://169.254.170.2/v4/abc", "http://169.254.172.2:80/v4/x/", "http://[fe80::1]/v4/x"])
def test_link_local_addresses_are_accepted(address: str) -> None:
    """ECS answers at a link-local address; nothing is connected before the first reading."""
    Endpoint(address)


@pytest.mark.parametrize(
    "address",
    [
        *("http://10.0.0.1/v4", "http://127.0.0.1/v4", "http://example.org/v4", "http://169.254.170.2.example.org/v4"),
        *("https://169.254.170.2/v4", "file:///etc/passwd", "169.254.170.2", "", "http:///v4", "http://169.254.170.2@10.0.0.1/"),
        *("http://0xa9feaa02/v4", "http://2852039166/v4"),
    ],
)
def test_any_other_address_is_refused(address: str) -> None:
    """Names, other networks, other schemes and other spellings of numbers could lead anywhere."""
    with pytest.raises(ValueError, match=r"address|link-local"):
        Endpoint(address)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply("gone", "text/plain", 404), "/task: status 404: gone"),
        (Reply("", "text/plain", 302, {"Location": "http://127.0.0.1:1/"}), "/task: status 302"),
        (Reply("<html>", "text/html"), "/task: the answer is no JSON"),
        (Reply("[" * 100_000, "application/json"), "/task: the answer is no JSON"),
        (Reply("x" * (LARGEST + 1), "application/json"), "/task: the answer is larger than"),
    ],
)
def test_a_bad_answer_is_an_error_with_its_reason(reply: Reply, reason: str) -> None:
    """A refusal, a redirect, no JSON and an endless body end the reading, and are not followed."""
    with answering(lambda _: reply) as url, pytest.raises(EndpointError, match=reason):
        Endpoint(url, allow_any=True).task()


@contextmanager
def dripping(first: bytes, drip: bytes) -> Iterator[str]:
    """Serve one connection that gets `first`, and then `drip` again and again, faster than any timeout of a socket."""
    listening = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            connected, _ = listening.accept()
            with connected:
                connected.sendall(first)
                while drip and not stop.wait(0.02):
                    connected.sendall(drip)
                stop.wait(5)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v4/abc"
    finally:
        stop.set()
        listening.close()
        thread.join()


@pytest.mark.parametrize(
    ("first", "drip"),
    [
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        (b"HTTP/1.1 200 OK\r\n\r\n{", b" "),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"["),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", b""),
    ],
)
def test_a_silent_or_slow_server_is_left_at_the_deadline(first: bytes, drip: bytes) -> None:
    """No answer, a trickle in head or body, and a body that stops: each ends at the deadline."""
    with dripping(first, drip) as url, pytest.raises(EndpointError, match=r"no answer within 0\.3 s"):
        Endpoint(url, allow_any=True, deadline=0.3).task()


def test_nobody_there_is_an_error_with_its_reason() -> None:
    """A refused connection is a failed reading."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(EndpointError, match=r"/task: .*refused"):
        Endpoint(f"http://127.0.0.1:{port}", allow_any=True).task()
