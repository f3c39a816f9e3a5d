"""Tokens for EKS, made without asking anybody."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest

from fargatecount.adapters.eks.token import EksTokens, sts_client
from fargatecount.errors import DeniedError
from local.kubernetes.refusal import RefusalError
from local.kubernetes.tokens import Tokens


def session(**credentials: str) -> Any:
    """Return a session with these credentials and no other source of any."""
    made = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    if credentials:
        made.set_credentials(credentials["access_key"], credentials["secret_key"], credentials.get("token"))
    return made


def tokens(region: str = "eu-west-1", **credentials: str) -> EksTokens:
    given = credentials or {"access_key": "AKIDEXAMPLE", "secret_key": "secret"}
    return EksTokens(sts_client(session(**given).create_client, region))


def url_of(token: str) -> str:
    encoded = token.removeprefix("k8s-aws-v1.")
    assert "=" not in encoded
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()


def test_token_is_accepted_by_its_cluster() -> None:
    """The signature holds when it is computed again as STS does."""
    cluster = Tokens("web", {"AKIDEXAMPLE": "secret"})
    assert cluster.user(f"Bearer {tokens().mint('web')}").name.endswith("user/AKIDEXAMPLE")


def test_token_is_worthless_to_another_cluster() -> None:
    """The cluster's name is signed, so a token that is stolen from one opens no other."""
    with pytest.raises(RefusalError):
        Tokens("api", {"AKIDEXAMPLE": "secret"}).user(f"Bearer {tokens().mint('web')}")


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "sts.eu-west-1.amazonaws.com"),
        ("us-east-1", "sts.us-east-1.amazonaws.com"),
        ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"),
    ],
)
def test_url_is_that_of_the_regional_sts(region: str, host: str) -> None:
    """The API server sends the token to the STS of the Region, and only there."""
    assert urlsplit(url_of(tokens(region).mint("web"))).hostname == host


def test_url_asks_who_the_caller_is_and_expires() -> None:
    """The request is GetCallerIdentity, for a minute, with the cluster's name among the signed headers."""
    query = parse_qs(urlsplit(url_of(tokens().mint("web"))).query)
    assert (query["Action"], query["X-Amz-Expires"], query["X-Amz-SignedHeaders"]) == (["GetCallerIdentity"], ["60"], ["host;x-k8s-aws-id"])
    assert "x-k8s-aws-id" not in query


def test_token_of_a_role_fits() -> None:
    """With a long session token it stays below the 4,096 bytes that EKS takes."""
    token = tokens(access_key="ASIAEXAMPLE", secret_key="secret", token="s" * 1200).mint("web")
    assert len(token) < 4096
    assert parse_qs(urlsplit(url_of(token)).query)["X-Amz-Security-Token"] == ["s" * 1200]


def test_configured_endpoint_is_not_signed(tmp_path: Any) -> None:
    """A session that talks to another endpoint still signs for the public STS."""
    config = tmp_path / "config"
    config.write_text("[default]\nendpoint_url = http://127.0.0.1:1\n")
    made = botocore.session.Session(session_vars={"config_file": (None, None, str(config), None)})
    made.set_credentials("AKIDEXAMPLE", "secret")
    assert made.create_client("sts", region_name="eu-west-1").meta.endpoint_url == "http://127.0.0.1:1"
    token = EksTokens(sts_client(made.create_client, "eu-west-1")).mint("web")
    assert urlsplit(url_of(token)).hostname == "sts.eu-west-1.amazonaws.com"


def test_other_requests_of_the_client_are_untouched() -> None:
    """The header belongs to tokens: the same client's own presigned URLs do not carry it."""
    sts = sts_client(session(access_key="AKIDEXAMPLE", secret_key="secret").create_client, "eu-west-1")
    EksTokens(sts)
    assert "x-k8s-aws-id" not in sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")


def test_no_credentials_are_denied_with_a_remedy() -> None:
    """Without credentials there is no token, and the text says what to do."""
    made = botocore.session.Session()
    made.register_component("credential_provider", botocore.credentials.CredentialResolver([]))
    with pytest.raises(DeniedError, match="signing a token for EKS cluster web") as refused:
        EksTokens(sts_client(made.create_client, "eu-west-1")).mint("web")
    assert "AWS_PROFILE" in refused.value.remedy
