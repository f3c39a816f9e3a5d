"""Why AWS gave no answer: botocore's own errors, from real sockets where there is something to connect to."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from fargatecount.adapters.no_answer import DUAL_STACK, FIPS, NETWORK, remedy_of
from fargatecount.adapters.sessions import aws_errors
from fargatecount.bootstrap.timeouts import ONCE
from fargatecount.errors import UnavailableError
from tests.support.aws_proxy import AwsProxy, aws_behind_proxy
from tests.support.certificates import self_signed
from tests.support.http_server import Reply, answering

OPEN = "ann:wonder"


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.startswith("AWS_") or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def proxy(env: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AwsProxy]:
    """A proxy that lets only Ann through."""
    with aws_behind_proxy(tmp_path, lambda _: Reply("{}", "application/x-amz-json-1.1"), login=OPEN) as found:
        env.setenv("HTTPS_PROXY", found.url.replace("//", f"//{OPEN}@"))
        env.setenv("AWS_CA_BUNDLE", str(found.bundle))
        yield found


def ask(**options: Any) -> None:
    """List clusters once; nothing is tried again."""
    session = botocore.session.Session()
    session.set_credentials("key", "secret")
    client: Any = session.create_client("ecs", region_name="eu-west-1", config=ONCE, **options)
    with aws_errors("listing clusters"):
        client.list_clusters()


@pytest.mark.parametrize(
    ("host", "remedy"),
    [
        ("ecs-fips.eu-west-1.amazonaws.com", FIPS),
        ("fips.eks.eu-west-1.amazonaws.com", FIPS),
        ("api.pricing-fips.us-gov-west-1.amazonaws.com", FIPS),
        ("ecs.eu-west-1.api.aws", DUAL_STACK),
        ("ecs.cn-north-1.api.amazonwebservices.com.cn", DUAL_STACK),
        ("s3.dualstack.eu-west-1.amazonaws.com", DUAL_STACK),
        ("ecs.eu-west-1.amazonaws.com", NETWORK),
        ("api.ecr.eu-west-1.amazonaws.com", NETWORK),
    ],
)
def test_a_host_of_another_kind_names_its_setting(host: str, remedy: str) -> None:
    """A FIPS or dual-stack host without an address is not a network that is down."""
    assert remedy_of(EndpointConnectionError(endpoint_url=f"https://{host}/")) == remedy
    assert remedy_of(ConnectTimeoutError(endpoint_url=f"https://{host}/")) == remedy


def test_with_the_login_the_proxy_answers(proxy: AwsProxy) -> None:
    """What the other tests take away is enough."""
    ask()
    assert [one.host for one in proxy.asked] == ["ecs.eu-west-1.amazonaws.com"]


def test_a_proxy_that_wants_a_login(proxy: AwsProxy, env: pytest.MonkeyPatch) -> None:
    """407 is named, which botocore leaves out, with the way to give a password."""
    env.setenv("HTTPS_PROXY", proxy.url)
    with pytest.raises(UnavailableError, match="it answered 407 Proxy Authentication Required") as raised:
        ask()
    assert "HTTPS_PROXY=http://user:password@host:port" in raised.value.remedy


def test_a_proxy_that_is_not_there(env: pytest.MonkeyPatch) -> None:
    """The proxy is named, without its password, and how to go around it."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        env.setenv("HTTPS_PROXY", f"http://{OPEN}@127.0.0.1:{port}")
        with pytest.raises(UnavailableError, match=f"127.0.0.1:{port}") as raised:
            ask()
    assert "NO_PROXY" in raised.value.remedy
    assert "wonder" not in str(raised.value)


def test_no_proxy_is_obeyed(proxy: AwsProxy, env: pytest.MonkeyPatch) -> None:
    """A host that NO_PROXY excepts is asked directly."""
    env.setenv("HTTP_PROXY", proxy.url)
    env.setenv("NO_PROXY", "127.0.0.1")
    with answering(lambda _: Reply("{}", "application/x-amz-json-1.1")) as url:
        ask(endpoint_url=url)
    assert proxy.asked == []


def test_a_bundle_without_the_authority_is_named(proxy: AwsProxy, env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The certificate is refused before anything is sent, and the remedy names the setting."""
    (tmp_path / "other").mkdir()
    env.setenv("AWS_CA_BUNDLE", str(self_signed(tmp_path / "other", "elsewhere")[0]))
    with pytest.raises(UnavailableError, match="CERTIFICATE_VERIFY_FAILED") as raised:
        ask()
    assert "AWS_CA_BUNDLE" in raised.value.remedy
    assert proxy.asked == []
