"""Endpoints that the environment sets in place of AWS's."""

from __future__ import annotations

import socket

import pytest

from fargatecount.adapters.endpoints import check_endpoints, check_local_endpoint, local_endpoint
from fargatecount.errors import MisconfiguredError, UnavailableError


@pytest.mark.parametrize(
    ("url", "is_local"),
    [
        ("http://127.0.0.1:4566", True),
        ("http://127.8.9.1:4566", True),
        ("http://[::1]:4566", True),
        ("http://localhost:4566/", True),
        ("http://aws.localhost:4566", True),
        ("https://vpce-1.execute-api.eu-west-1.vpce.amazonaws.com", False),
        ("http://10.0.0.1:4566", False),
        ("http://localhost.example.com", False),
        ("", False),
    ],
)
def test_a_loopback_address_is_local(url: str, is_local: bool) -> None:
    """The endpoint of a VPC or of another machine is not."""
    assert local_endpoint({"AWS_ENDPOINT_URL": url}) == (url if is_local else None)


def test_an_endpoint_that_the_sdk_ignores_is_not_local() -> None:
    """AWS_IGNORE_CONFIGURED_ENDPOINT_URLS switches all of them off."""
    assert local_endpoint({"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}) is None
    assert local_endpoint({}) is None


def test_a_listener_is_enough() -> None:
    """What listens is for the first call to find out."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        check_local_endpoint({"AWS_ENDPOINT_URL": f"http://127.0.0.1:{listener.getsockname()[1]}"})
    check_local_endpoint({})


def test_a_closed_endpoint_is_found_at_once() -> None:
    """The error names the variable, the way back to the embedded AWS, and the way back to AWS."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(UnavailableError, match=r"nothing listens at http://127\.0\.0\.1:") as raised:
            check_local_endpoint({"AWS_ENDPOINT_URL": f"http://127.0.0.1:{unused.getsockname()[1]}"})
    assert "AWS_ENDPOINT_URL" in str(raised.value)
    assert "fargatecount local up" in raised.value.remedy
    assert "unset AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY" in raised.value.remedy


@pytest.mark.parametrize(("name", "url"), [("AWS_ENDPOINT_URL", "localhost:4566"), ("AWS_ENDPOINT_URL_ECS", "ecs")])
def test_an_endpoint_that_is_no_url_is_named(name: str, url: str) -> None:
    """The error has the variable and its value."""
    with pytest.raises(MisconfiguredError, match=f"{name} is '{url}', which is not a URL"):
        check_endpoints({name: url})


def test_a_port_that_is_none_is_named() -> None:
    """A port above 65535 is a wrong setting, not an AWS that does not answer."""
    with pytest.raises(MisconfiguredError, match="AWS_ENDPOINT_URL is 'http://localhost:99999'"):
        check_local_endpoint({"AWS_ENDPOINT_URL": "http://localhost:99999"})
