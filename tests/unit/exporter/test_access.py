"""Who may ask the exporter."""

from __future__ import annotations

from base64 import b64encode

import pytest

from fargatecount.exporter.access import MAX_CLIENTS, RequestRate, is_authorized, is_loopback, is_meant
from tests.support.builders import NOW

TOKEN = "a-token-of-some-length"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:9469",
        "localhost",
        "LOCALHOST:80",
        "[::1]:9469",
        "10.1.2.3:9469",
        "metrics.example",
        "Metrics.Example:443",
        "127.0.0.1:",
    ],
)
def test_addresses_and_own_names_are_meant(host: str) -> None:
    """An address cannot be rebound, and the names of `--host` are the server's own, in any case and at any port."""
    assert is_meant(host, ["metrics.example"])


@pytest.mark.parametrize(
    "host",
    [
        *(None, "", " ", "evil.example", "evil.example:9469", "127.0.0.1.evil.example", "localhost.evil.example", "metrics.example.evil"),
        *("127.0.0.1:x", "127.0.0.1:9469:1", "[::1", "[::1]x", "::1]", "localhost:٣", "metrics.example.", "a@127.0.0.1", "0x7f.1"),
    ],
)
def test_a_foreign_name_is_not_meant(host: str | None) -> None:
    """A website whose name was made to resolve to this machine sends its own name; what is no host at all is refused too."""
    assert not is_meant(host, ["metrics.example"])


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_addresses_of_this_machine_only(address: str) -> None:
    """No other machine can connect to these."""
    assert is_loopback(address)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "10.0.0.1", "metrics.example", ""])
def test_all_other_addresses_are_open_to_others(address: str) -> None:
    """So they demand a token."""
    assert not is_loopback(address)


def basic(password: str) -> str:
    return "Basic " + b64encode(f"anyone:{password}".encode()).decode()


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer  {TOKEN}", basic(TOKEN)])
def test_the_token_opens(header: str) -> None:
    """As a bearer, as Prometheus sends it, or as the password that a browser asks for."""
    assert is_authorized(header, TOKEN)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        TOKEN,
        f"Digest {TOKEN}",
        basic(""),
        "Basic ???",
        "Basic é",
    ],
)
def test_anything_else_does_not(header: str | None) -> None:
    """Nothing, a part of the token, another scheme, broken base64."""
    assert not is_authorized(header, TOKEN)


def test_a_client_has_a_rate() -> None:
    """A burst is answered, then as many as are allowed in a second; another client does not notice."""
    rate = RequestRate(per_second=2, burst=3)
    assert [rate.allows("a", NOW) for _ in range(4)] == [True, True, True, False]
    assert rate.allows("b", NOW)
    assert [rate.allows("a", NOW + 1000) for _ in range(3)] == [True, True, False]


def test_a_clock_that_is_set_back_gives_nothing() -> None:
    """Time that did not pass fills no bucket."""
    rate = RequestRate(per_second=1, burst=1)
    assert [rate.allows("a", at) for at in (NOW, NOW - 60_000)] == [True, False]


def test_rates_do_not_fill_the_memory() -> None:
    """Of a million addresses as many are remembered as are documented."""
    rate = RequestRate()
    for i in range(MAX_CLIENTS + 50):
        assert rate.allows(f"10.0.{i // 256}.{i % 256}", NOW)
    assert len(rate._left) == MAX_CLIENTS
