"""A TLS server that writes what a test wants on the wire, byte by byte: for answers that no honest API server gives."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qs, urlsplit

import msgspec

from fargatecount.adapters.kubernetes.pool import KubeConnection
from local.kubernetes.certificates import make

Query = dict[str, str]
Answer = Callable[[Query], Iterator[bytes]]
"""Returns the bytes of a response to a request with these parameters, headers included."""

CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Return a chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def whole(body: bytes) -> bytes:
    """Return a complete response with status 200."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def page(*pods: bytes, version: int = 100) -> bytes:
    """Return the body of a complete list of pods, each given as JSON."""
    return b'{"metadata": {"resourceVersion": "%d"}, "items": [%s]}' % (version, b", ".join(pods))


def bookmark(version: int) -> bytes:
    """Return a line of a watch."""
    pod = {"metadata": {"resourceVersion": str(version)}}
    return msgspec.json.encode({"type": "BOOKMARK", "object": pod}) + b"\n"


@contextmanager
def raw_server(answer: Answer) -> Iterator[KubeConnection]:
    """Serve on a free port of the loopback interface, one request per connection; yield the connection to it."""
    certificates = make("raw")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(plain: socket.socket) -> None:
        with suppress(OSError), certificates.server.wrap_socket(plain, server_side=True) as connection:
            for part in answer(_query(connection)):
                connection.sendall(part)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield KubeConnection(f"https://127.0.0.1:{listener.getsockname()[1]}", certificates.ca.encode(), lambda: "token", "raw")
    finally:
        listener.close()


def _query(connection: ssl.SSLSocket) -> Query:
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(4096)
        if not part:
            raise ConnectionResetError
        received += part
    target = received.split(b" ", 2)[1].decode()
    return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
