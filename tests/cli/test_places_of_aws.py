"""Time and place, at the wire: endpoints of other kinds and partitions, Regions that are off, proxies, authorities, logins that end.

The clients are botocore's own; all of AWS is behind a proxy on this machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.conftest import Answer
from tests.support.aws_proxy import Asked, AwsProxy, aws_behind_proxy
from tests.support.command import SECONDS, command
from tests.support.http_server import Reply

Run = Callable[..., Answer]
ACCOUNT = "123456789012"


class Aws:
    """An account with one running task, wherever it is asked; a test changes what some requests get."""

    def __init__(self) -> None:
        self.refuse: Callable[[Asked], tuple[str, str] | None] = lambda _: None
        """Returns the code and the message of a refusal."""
        self.clusters = ["web"]
        self.assumed = 0
        """How often a role was assumed: each time with another key."""
        self.lifetime = 3600
        """Seconds for which a role's credentials are valid."""

    def __call__(self, asked: Asked) -> Reply:
        refused = self.refuse(asked)
        is_query = asked.host.split(".")[0] in {"sts", "sts-fips", "ec2"}
        if refused is not None:
            return self._refusal(*refused, is_query=is_query)
        if is_query:
            return Reply(self._query(asked), "text/xml")
        return Reply(json.dumps(self._document(asked)), "application/x-amz-json-1.1")

    @staticmethod
    def _refusal(code: str, message: str, *, is_query: bool) -> Reply:
        if is_query:
            error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
            return Reply(f"<ErrorResponse>{error}<Errors>{error}</Errors></ErrorResponse>", "text/xml", 403)
        return Reply(json.dumps({"__type": code, "message": message}), "application/x-amz-json-1.1", 400)

    def _query(self, asked: Asked) -> str:
        if asked.action == "AssumeRole":
            self.assumed += 1
            until = datetime.fromtimestamp(time.time() + self.lifetime, UTC).isoformat()  # botocore compares it with the real time
            return (
                "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
                f"<AccessKeyId>ROLE{self.assumed:04}ABCDEFGH</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
                f"<SessionToken>token</SessionToken><Expiration>{until}</Expiration>"
                "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
            )
        partition = {"us-gov": "aws-us-gov", "cn": "aws-cn", "eusc": "aws-eusc"}.get(asked.host.split(".")[1].rsplit("-", 2)[0], "aws")
        return (
            f"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:{partition}:iam::{ACCOUNT}:user/ann</Arn>"
            f"<UserId>A</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        )

    def _document(self, asked: Asked) -> dict[str, object]:
        body = json.loads(asked.request.body or b"{}")
        arn = f"arn:aws:ecs:eu-west-1:{ACCOUNT}"
        match asked.action:
            case "ListClusters":
                return {"clusterArns": [f"{arn}:cluster/{name}" for name in self.clusters]}
            case "ListTasks":
                return {"taskArns": [f"{arn}:task/{body['cluster'].rpartition('/')[2]}/1"] if body["desiredStatus"] == "RUNNING" else []}
            case "DescribeTasks":
                return {"tasks": [_task(arn, body["cluster"].rpartition("/")[2])], "failures": []}
            case "GetServiceQuota" | "GetAWSDefaultServiceQuota":
                return {"Quota": {"Value": 100.0}}
            case "/clusters":
                return {"clusters": []}
            case "GetRegionOptStatus" | "/getRegionOptStatus":
                return {"RegionName": "af-south-1", "RegionOptStatus": "DISABLED"}
        return {}


def _task(arn: str, cluster: str) -> dict[str, object]:
    return {
        "clusterArn": f"{arn}:cluster/{cluster}",
        "taskArn": f"{arn}:task/{cluster}/1",
        "launchType": "FARGATE",
        "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING",
        "version": 3,
        "cpu": "1024",
        "memory": "2048",
        "group": "service:web",
        "createdAt": 1.0,
    }


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Credentials, and no endpoint, profile or proxy of this machine."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "FARGATECOUNT_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAANN",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "FARGATECOUNT_CONFIG": os.devnull,
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def proxy(aws: Aws, env: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AwsProxy]:
    with through(aws, env, tmp_path) as found:
        yield found


@contextmanager
def through(aws: Aws, env: pytest.MonkeyPatch, tmp_path: Path, *, login: str = "") -> Iterator[AwsProxy]:
    with aws_behind_proxy(tmp_path, aws, login=login) as found:
        env.setenv("HTTPS_PROXY", found.url)
        env.setenv("AWS_CA_BUNDLE", str(found.bundle))
        yield found


def test_the_account_is_counted_through_a_proxy(proxy: AwsProxy, fargatecount: Run) -> None:
    """A proxy that ends TLS itself is no obstacle once its authority is named."""
    answer = fargatecount("count", "--json")
    assert (answer.code, answer.json["scopes"][0]["total"]["running"]) == (0, 1)
    assert {one.host for one in proxy.asked} == {f"{service}.eu-west-1.amazonaws.com" for service in ("sts", "ecs", "eks", "servicequotas")}


@pytest.mark.parametrize(
    "place",
    [
        ("us-east-1", "AWS_USE_FIPS_ENDPOINT", "ecs-fips.us-east-1.amazonaws.com"),
        ("us-gov-west-1", "AWS_USE_FIPS_ENDPOINT", "ecs-fips.us-gov-west-1.amazonaws.com"),
        ("eu-west-1", "AWS_USE_DUALSTACK_ENDPOINT", "ecs.eu-west-1.api.aws"),
        ("cn-north-1", "", "ecs.cn-north-1.amazonaws.com.cn"),
        ("us-gov-east-1", "", "ecs.us-gov-east-1.amazonaws.com"),
        ("eusc-de-east-1", "", "ecs.eusc-de-east-1.amazonaws.eu"),
        ("us-iso-east-1", "", "ecs.us-iso-east-1.c2s.ic.gov"),
        ("eu-isoe-west-1", "", "ecs.eu-isoe-west-1.cloud.adc-e.uk"),
    ],
)
def test_the_endpoint_is_of_the_kind_and_partition(
    place: tuple[str, str, str], proxy: AwsProxy, env: pytest.MonkeyPatch, fargatecount: Run
) -> None:
    """FIPS, dual-stack and the other partitions: every request goes to the host that AWS documents, none to another one."""
    region, setting, ecs = place
    if setting:
        env.setenv(setting, "true")
    answer = fargatecount("count", "--region", region, "--json")
    assert answer.code == 0, answer.err
    hosts = {one.host for one in proxy.asked}
    assert ecs in hosts
    assert all(region in host for host in hosts)


@pytest.mark.parametrize("may_ask", [True, False])
def test_a_region_that_is_off_is_told_from_wrong_credentials(may_ask: bool, aws: Aws, proxy: AwsProxy, fargatecount: Run) -> None:
    """The account's own word where it may be asked, else what STS elsewhere shows: the credentials are valid."""
    assert proxy.asked == []

    def refuse(asked: Asked) -> tuple[str, str] | None:
        if "af-south-1" in asked.host:
            return "InvalidClientTokenId", "The security token included in the request is invalid"
        return ("AccessDeniedException", "no") if not may_ask and not asked.host.startswith("sts.") else None

    aws.refuse = refuse
    answer = fargatecount("count", "--region", "af-south-1")
    assert answer.code == 3
    assert ("Region af-south-1 is not enabled in this account" in answer.err) is may_ask
    assert ("does not accept these credentials, which are valid in us-east-1" in answer.err) is not may_ask
    assert "af-south-1" in answer.err.splitlines()[-1]


def test_wrong_credentials_are_wrong_everywhere(aws: Aws, proxy: AwsProxy, fargatecount: Run) -> None:
    """No Region accepts them: the credentials are blamed, not the Region."""
    assert proxy.asked == []
    aws.refuse = lambda _: ("InvalidClientTokenId", "The security token included in the request is invalid")
    answer = fargatecount("count", "--region", "af-south-1")
    assert answer.code == 3
    assert "InvalidClientTokenId" in answer.err
    assert "check the credentials" in answer.err
    assert "enabled" not in answer.err


def test_one_region_that_is_off_hides_no_other(aws: Aws, proxy: AwsProxy, fargatecount: Run) -> None:
    """The other Region is counted, and the one that is off has its reason."""
    assert proxy.asked == []
    aws.refuse = lambda asked: ("UnrecognizedClientException", "invalid token") if "af-south-1" in asked.host else None
    answer = fargatecount("count", "--region", "eu-west-1", "--region", "af-south-1", "--json")
    assert answer.code == 3
    assert [scope["total"]["running"] for scope in answer.json["scopes"] if scope["region"] == "eu-west-1"] == [1]
    assert "Region af-south-1 is not enabled in this account" in answer.out + answer.err


def test_without_service_quotas_the_count_stands(aws: Aws, proxy: AwsProxy, fargatecount: Run) -> None:
    """A Region that lacks the service, or Fargate's quotas in it: the quota is not known, with the reason, and the count is exact."""
    assert proxy.asked == []
    aws.refuse = lambda asked: (
        ("NoSuchResourceException", "The request failed because the specified quota does not exist")
        if asked.host.startswith("servicequotas")
        else None
    )
    answer = fargatecount("count", "--json")
    scope = answer.json["scopes"][0]
    assert (answer.code, scope["total"]["running"], scope["total"]["at_least"]) == (0, 1, False)
    assert "neither an applied nor a default value" in json.dumps(scope)


def test_credentials_that_expire_in_the_middle(aws: Aws, proxy: AwsProxy, tmp_path: Path, fargatecount: Run) -> None:
    """What was read before is shown as a lower bound, the rest has its reason, and the end says how to log in."""
    aws.clusters = ["web", "jobs", "shop"]
    described = 0

    def refuse(asked: Asked) -> tuple[str, str] | None:
        nonlocal described
        described += asked.action == "DescribeTasks"
        return ("ExpiredTokenException", "The security token included in the request is expired") if described > 1 else None

    aws.refuse = refuse
    answer = fargatecount("count", "--json")
    assert proxy.asked
    scope = answer.json["scopes"][0]
    assert (scope["total"]["running"], scope["total"]["at_least"]) == (1, True)
    assert "log in again (aws sso login, or what issued the credentials)" in answer.out + answer.err
    assert list(tmp_path.glob("*.json")) == []


def test_a_role_is_assumed_anew_before_it_expires(aws: Aws, proxy: AwsProxy, fargatecount: Run) -> None:
    """A role's credentials that end within minutes are renewed by themselves: later requests carry a younger key."""
    aws.lifetime = 300
    answer = fargatecount("count", "--role-arn", f"arn:aws:iam::{ACCOUNT}:role/reader", "--json")
    assert (answer.code, answer.json["scopes"][0]["total"]["running"]) == (0, 1)
    keys = {one.key for one in proxy.asked if one.host.startswith("ecs.")}
    assert len(keys) > 1
    assert all(key.startswith("ROLE") for key in keys)


def test_an_sso_login_that_is_over_names_its_profile(proxy: AwsProxy, env: pytest.MonkeyPatch, tmp_path: Path, fargatecount: Run) -> None:
    """The remedy is the command, with the profile in it."""
    assert proxy.asked == []
    env.delenv("AWS_ACCESS_KEY_ID")
    env.setenv("HOME", str(tmp_path))
    (tmp_path / "config").write_text(
        "[profile team]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\nregion = eu-west-1\n"
        "[profile old]\nsso_start_url = https://example.com\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n"
        "[sso-session s]\nsso_start_url = https://example.com\nsso_region = eu-west-1\n"
    )
    for profile in ("team", "old"):
        answer = fargatecount("count", "--profile", profile)
        assert answer.code == 3
        assert answer.err.splitlines()[-1].strip() == f"log in: aws sso login --profile {profile}"


def test_without_credentials_nothing_is_sent(proxy: AwsProxy, env: pytest.MonkeyPatch, fargatecount: Run) -> None:
    """The end says how to log in."""
    env.delenv("AWS_ACCESS_KEY_ID")
    answer = fargatecount("count")
    assert (answer.code, proxy.asked) == (3, [])
    assert "aws sso login" in answer.err


def test_a_partition_without_dual_stack_endpoints_is_named(env: pytest.MonkeyPatch, fargatecount: Run) -> None:
    """The setting is named, and nothing is sent."""
    env.setenv("AWS_USE_DUALSTACK_ENDPOINT", "true")
    answer = fargatecount("count", "--region", "eu-isoe-west-1")
    assert answer.code == 3
    assert "unset AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT" in answer.err


@pytest.mark.parametrize("content", ["nothing", None])
def test_a_file_without_authorities_is_wrong_use(
    content: str | None, proxy: AwsProxy, env: pytest.MonkeyPatch, tmp_path: Path, fargatecount: Run
) -> None:
    """AWS_CA_BUNDLE names no certificate, or no file: both are named, and nothing is sent."""
    bundle = tmp_path / "wrong.pem"
    if content is not None:
        bundle.write_text(content)
    env.setenv("AWS_CA_BUNDLE", str(bundle))
    answer = fargatecount("count")
    assert (answer.code, proxy.asked) == (2, [])
    assert str(bundle) in answer.err
    assert "AWS_CA_BUNDLE" in answer.err


def test_a_proxy_that_takes_a_login_is_not_shown(aws: Aws, env: pytest.MonkeyPatch, tmp_path: Path, fargatecount: Run) -> None:
    """The account is counted, and no output has the password."""
    with through(aws, env, tmp_path, login="ann:wonder") as proxy:
        env.setenv("HTTPS_PROXY", proxy.url.replace("//", "//ann:wonder@"))
        answer = fargatecount("count", "--verbose")
    assert answer.code == 0
    assert "wonder" not in answer.out + answer.err


@pytest.mark.parametrize("typed", ["123456\n", ""])
def test_a_profile_with_an_mfa_device(typed: str, proxy: AwsProxy, tmp_path: Path) -> None:
    """The code is asked for and sent; without a terminal, the error says what to do."""
    (tmp_path / "credentials").write_text("[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = secret\n")
    (tmp_path / "config").write_text(
        f"[profile admin]\nsource_profile = base\nrole_arn = arn:aws:iam::{ACCOUNT}:role/admin\n"
        f"mfa_serial = arn:aws:iam::{ACCOUNT}:mfa/ann\nregion = eu-west-1\n"
    )
    files = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}
    environment = {"HTTPS_PROXY": proxy.url, "AWS_CA_BUNDLE": str(proxy.bundle), **files}
    # A session of its own has no terminal, so a test never waits for the person who runs it.
    process = command("count", "--profile", "admin", "--json", environment=environment, stdin=subprocess.PIPE, start_new_session=True)
    out, err = process.communicate(typed, timeout=SECONDS)
    assert "mfa/ann" in err
    if typed:
        assert (process.returncode, json.loads(out)["scopes"][0]["total"]["running"]) == (0, 1)
        assert b"TokenCode=123456" in next(one.request.body for one in proxy.asked if one.action == "AssumeRole")
    else:
        assert (process.returncode, proxy.asked) == (3, [])
        assert "needs an MFA code, and there is no terminal" in err
        assert "aws configure export-credentials --profile admin" in err
