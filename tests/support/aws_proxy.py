"""All of AWS behind one proxy: clients speak to the real host names of its endpoints, and a test answers for every host.

The proxy ends TLS with a certificate that it makes for each host, signed by an authority of its own (`AWS_CA_BUNDLE`). So nothing about the
client's endpoints, certificates, proxies and signatures is replaced.
"""

from __future__ import annotations

import base64
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.http_server import POLL, Reply, Request

Say = Callable[["Asked"], Reply | None]
"""Answers a request; None for a host that does not exist, which the proxy then says."""
_KEY = ec.generate_private_key(ec.SECP256R1())


class Asked(NamedTuple):
    """A request, and the host that it was for."""

    host: str
    request: Request

    @property
    def action(self) -> str:
        """The operation, as JSON and query services name it, or the path."""
        target = str(self.request.headers["X-Amz-Target"] or "").rpartition(".")[2]
        named = re.search(rb"Action=(\w+)", self.request.body)
        return target or (named.group(1).decode() if named else self.request.path)

    @property
    def key(self) -> str:
        """The id of the access key that signed it."""
        found = re.search(r"Credential=([^/]+)/", str(self.request.headers["Authorization"]))
        return found.group(1) if found else ""


class AwsProxy(NamedTuple):
    """A running proxy."""

    url: str
    bundle: Path
    """The PEM file of its authority."""
    asked: list[Asked]


def _certificate(name: str, issuer: x509.Certificate | None) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    now = datetime.fromtimestamp(time.time(), UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(_KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .sign(_KEY, hashes.SHA256())
    )


@contextmanager
def aws_behind_proxy(folder: Path, answer: Say, *, login: str = "") -> Iterator[AwsProxy]:
    """Serve on a free port of the loopback interface; with `login` (`user:password`) every other client is refused."""
    authority = _certificate("the proxy's authority", None)
    bundle = folder / "bundle.pem"
    bundle.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    key = _KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    asked: list[Asked] = []
    contexts: dict[str, ssl.SSLContext] = {}

    def context_of(host: str) -> ssl.SSLContext:
        if host not in contexts:
            file = folder / f"{host}.pem"
            file.write_bytes(_certificate(host, authority).public_bytes(serialization.Encoding.PEM) + key)
            contexts[host] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            contexts[host].load_cert_chain(file)
        return contexts[host]

    class Inside(BaseHTTPRequestHandler):
        """The requests of one tunnel."""

        protocol_version = "HTTP/1.1"
        host = ""

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            one = Asked(self.host, Request(self.command, self.path, self.headers, body))
            asked.append(one)
            reply = answer(one) or Reply("", "text/plain", 404)
            encoded = reply.body.encode()
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Type": reply.kind, "Content-Length": str(len(encoded))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(encoded)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            host = self.path.rpartition(":")[0]
            wanted = f"Basic {base64.b64encode(login.encode()).decode()}"
            if login and self.headers["Proxy-Authorization"] != wanted:
                self.send_error(407, "Proxy Authentication Required")
                return
            self.send_response(200)
            self.end_headers()
            with suppress(OSError), context_of(host).wrap_socket(self.connection, server_side=True) as tunnel:
                tunnel.settimeout(5)
                type("Tunnel", (Inside,), {"host": host})(tunnel, self.client_address, self.server)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": POLL}, daemon=True)
    thread.start()
    try:
        yield AwsProxy(f"http://127.0.0.1:{server.server_address[1]}", bundle, asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
