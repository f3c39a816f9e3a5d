"""Access: who may ask the exporter, by which name, and how often. Pure.

A browser on the same machine can be made to ask by any website; the name in the Host header shows it. Such an attack needs a name that
resolves to this machine, so addresses are always accepted: https://en.wikipedia.org/wiki/DNS_rebinding.
"""

from __future__ import annotations

import hmac
import ipaddress
from base64 import b64decode
from binascii import Error
from collections import OrderedDict
from collections.abc import Collection

from fargatecount.workload import Millis

MIN_TOKEN = 16
"""Characters: 16 of an alphabet of 64 are 96 bits, too many to guess over a network."""
PER_SECOND = 100
"""Requests of one client: ten times those of ten Prometheus servers that scrape each second. An answer from memory takes milliseconds."""
BURST = 200
"""Requests at once: a browser opens a handful, a load test opens more."""
MAX_CLIENTS = 1000
"""Addresses whose rate is remembered; the longest silent one is forgotten first."""


def is_loopback(address: str) -> bool:
    """Return whether only this machine can connect to an address to listen at."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def is_meant(host: str | None, names: Collection[str]) -> bool:
    """Return whether a Host header names this server: by an address, as `localhost`, or by one of `names`, whatever the port."""
    if not host or host != host.strip():
        return False
    if host.startswith("["):  # an IPv6 address: [::1]:9469
        name, bracket, port = host[1:].partition("]")
        if not bracket:
            return False
    else:
        name, _, port = host.partition(":")
    port = port.removeprefix(":")
    if port and not (port.isascii() and port.isdigit()):
        return False
    if name.lower() in {"localhost", *(each.lower() for each in names)}:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_authorized(header: str | None, token: str) -> bool:
    """Return whether an Authorization header carries the token: as a bearer, as Prometheus sends it, or as the password of a browser.

    The comparison takes as long for a wrong token as for a right one.
    """
    kind, _, value = (header or "").partition(" ")
    given = value.strip().encode()
    if kind.lower() == "basic":
        try:
            given = b64decode(value.strip(), validate=True).partition(b":")[2]
        except (Error, ValueError):
            given = b""
    elif kind.lower() != "bearer":
        given = b""
    return hmac.compare_digest(given, token.encode())


class RequestRate:
    """Allows each client `PER_SECOND` requests a second, and `BURST` at once: a token bucket for each address."""

    def __init__(self, per_second: float = PER_SECOND, burst: float = BURST) -> None:
        self._per_second = per_second
        self._burst = burst
        self._left: OrderedDict[str, tuple[float, Millis]] = OrderedDict()

    def allows(self, client: str, now: Millis) -> bool:
        """Return whether a request of this client is answered now, and count it."""
        left, at = self._left.pop(client, (self._burst, now))
        left = min(self._burst, left + max(now - at, 0) / 1000 * self._per_second)
        allowed = left >= 1
        self._left[client] = (left - 1 if allowed else left, now)
        if len(self._left) > MAX_CLIENTS:
            self._left.popitem(last=False)
        return allowed
