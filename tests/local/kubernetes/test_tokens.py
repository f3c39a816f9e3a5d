"""The users that a simulated cluster accepts."""

from __future__ import annotations

import base64
import re
import time
from typing import Any

import boto3
import pytest

from fargatecount.adapters.eks.token import PREFIX, EksTokens, sts_client
from local.kubernetes.refusal import RefusalError
from local.kubernetes.tokens import ANONYMOUS, LIFE, SKEW, Tokens, User

CLUSTER = "pods"


def minted(cluster: str = CLUSTER, *, key: str = "test", secret: str = "test", session_token: str | None = None) -> str:
    """Return a token made as the deployed code makes it."""
    session = boto3.Session(key, secret, session_token, region_name="eu-west-1")
    return "Bearer " + EksTokens(sts_client(session.client, "eu-west-1")).mint(cluster)


def edited(token: str, pattern: str, replacement: str) -> str:
    """Return a token whose URL was changed after it was signed."""
    encoded = token.removeprefix("Bearer " + PREFIX)
    url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    changed, number = re.subn(pattern, replacement, url)
    assert number == 1
    return "Bearer " + PREFIX + base64.urlsafe_b64encode(changed.encode()).decode().rstrip("=")


def tokens(**options: Any) -> Tokens:
    return Tokens(CLUSTER, {"test": "test"}, **options)


def test_a_token_for_this_cluster_is_taken() -> None:
    """Its signature holds with this cluster's name in the header."""
    assert tokens().user(minted()).name == "arn:aws:iam::000000000000:user/test"


def test_temporary_credentials_are_taken() -> None:
    """Their session token stands in the URL and is signed with it."""
    assert "user/test" in tokens().user(minted(session_token="session/token+with=signs")).name


def test_an_access_entry_gives_groups() -> None:
    """Without one the bearer is known and may do nothing."""
    cluster = tokens()
    assert cluster.user(minted()).groups == frozenset()
    cluster.enter("test", frozenset({"readers"}))
    assert cluster.user(minted()).groups == {"readers"}


def test_the_form_is_enough_where_the_secret_is_not_known() -> None:
    """An emulated role has keys that the simulator does not know."""
    assert tokens().user(minted(key="ASIAEXAMPLE", secret="unknown")).name.endswith("/ASIAEXAMPLE")


def test_a_static_token_is_its_user() -> None:
    """It is taken as it stands."""
    cluster, user = tokens(), User("watcher", frozenset({"readers"}))
    cluster.add("opaque", user)
    assert cluster.user("Bearer opaque") == user


def test_no_token_is_nobody() -> None:
    """As on a real server, a request without a token is anonymous; it is refused for its lack of permissions."""
    assert tokens().user(None) == ANONYMOUS


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(minted("another"), id="signed for another cluster"),
        pytest.param(minted(secret="wrong"), id="signed with another secret"),
        pytest.param(edited(minted(), r"eu-west-1(?=\.)", "us-east-1"), id="host changed"),
        pytest.param(edited(minted(), r"x-k8s-aws-id", "x-another-id"), id="cluster not signed"),
        pytest.param(edited(minted(), r"(?<=Action=)GetCallerIdentity", "AssumeRole"), id="another action"),
        pytest.param(edited(minted(), r"https://sts\.", "https://evil."), id="not STS"),
        pytest.param(edited(minted(), r"https://", "http://"), id="not TLS"),
        pytest.param(edited(minted(), r"(?<=Expires=)60", "3600"), id="valid for too long"),
        pytest.param(minted() + "A" * 4096, id="too long"),
        pytest.param("Bearer " + PREFIX + "!!!", id="no base64"),
        pytest.param("Bearer " + PREFIX + base64.urlsafe_b64encode(b"https://sts.amazonaws.com/").decode(), id="nothing signed"),
        pytest.param("Bearer made-up", id="made up"),
    ],
)
def test_any_other_token_is_refused(token: str) -> None:
    """401, without a word on why."""
    with pytest.raises(RefusalError, match="Unauthorized") as refused:
        tokens().user(token)
    assert refused.value.code == 401


@pytest.mark.parametrize(("later", "is_taken"), [(0, True), (LIFE - 5, True), (LIFE + 5, False), (5 - SKEW, True), (-5 - SKEW, False)])
def test_a_token_lives_for_fifteen_minutes(later: int, is_taken: bool) -> None:
    """Counted from its date, which may lie a little ahead of the server's clock."""
    token = minted()
    cluster = tokens(now=lambda: time.time() + later)
    if is_taken:
        assert cluster.user(token) is not None
    else:
        with pytest.raises(RefusalError):
            cluster.user(token)
