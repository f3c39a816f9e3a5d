"""The task metadata endpoint, version 4: read with a deadline and a size limit, and only at a link-local address.

ECS puts the address into `ECS_CONTAINER_METADATA_URI_V4` of every container on Fargate platform 1.4.0 and later. The environment of a
container can come from a user's input; an address of another kind would send this sidecar to any server of the network.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import threading
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

VARIABLE = "ECS_CONTAINER_METADATA_URI_V4"
DEADLINE = 4.0
"""Seconds for one answer. The endpoint answers within milliseconds, and refuses more than 40 requests a second; a reading makes two."""
LARGEST = 8 * 1024 * 1024
"""Bytes of an answer: ten containers give 60 KB."""


class EndpointError(Exception):
    """The endpoint did not answer, or not what it should; the text says which."""


class Endpoint:
    """The metadata endpoint at one address."""

    def __init__(self, address: str, *, allow_any: bool = False, deadline: float = DEADLINE) -> None:
        """Take the address; nothing is connected yet.

        Raises:
            ValueError: it is no HTTP address, or none of the link-local network and `allow_any` is false.
        """
        parts = urlsplit(address)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"{address!r} is no http:// address")
        if not allow_any and not is_link_local(parts.hostname):
            raise ValueError(f"{parts.hostname} is not a link-local address (169.254.0.0/16), as that of ECS is")
        self._host, self._port, self._path = parts.hostname, parts.port or 80, parts.path.rstrip("/")
        self._deadline = deadline

    def task(self) -> Any:
        """Return the answer of `/task`, decoded.

        Raises:
            EndpointError: no answer in time, a refusal, or no JSON.
        """
        return self._get("/task")

    def stats(self) -> Any:
        """Return the answer of `/task/stats`, decoded.

        Raises:
            EndpointError: as `task`.
        """
        return self._get("/task/stats")

    def _get(self, path: str) -> Any:
        until = time.monotonic() + self._deadline
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._deadline)
        cutter = None
        try:
            connection.connect()
            # The socket's own timeout starts anew with every byte, in the head of an answer too: a trickle has to be cut off from outside.
            cutter = threading.Timer(max(until - time.monotonic(), 0.0), _cut, [connection.sock])
            cutter.daemon = True
            cutter.start()
            connection.request("GET", self._path + path, headers={"Accept": "application/json"})
            response = connection.getresponse()
            body = response.read(LARGEST + 1)
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, TimeoutError) or time.monotonic() >= until:
                raise EndpointError(f"{path}: no answer within {self._deadline:g} s") from error
            raise EndpointError(f"{path}: {str(error) or type(error).__name__}") from error
        finally:
            if cutter is not None:
                cutter.cancel()
            connection.close()
        if time.monotonic() >= until:  # the cut looks like the end of an answer without a length
            raise EndpointError(f"{path}: no answer within {self._deadline:g} s")
        if len(body) > LARGEST:
            raise EndpointError(f"{path}: the answer is larger than {LARGEST} bytes")
        if response.status != http.client.OK:
            raise EndpointError(f"{path}: status {response.status}: {body[:200].decode(errors='replace').strip()}")
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise EndpointError(f"{path}: the answer is no JSON: {error}") from error


def is_link_local(host: str) -> bool:
    """Return whether a host is given as a link-local address; a name is not, because it can resolve to anything."""
    try:
        return ipaddress.ip_address(host).is_link_local
    except ValueError:
        return False


def _cut(connected: socket.socket) -> None:
    """End a connection. Its socket is given, because the connection forgets it once it knows that the answer is the last."""
    with suppress(OSError):  # it is closed already
        connected.shutdown(socket.SHUT_RDWR)
