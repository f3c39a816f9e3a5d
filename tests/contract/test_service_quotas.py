"""Quotas as botocore hands them out: a Service Quotas with a memory answers its requests before they leave the process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from fargatecount.adapters.service_quotas import ServiceQuotas
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.workload import Capacity
from tests.support.builders import NOW, SCOPE

ON_DEMAND, SPOT = "L-3032A538", "L-36FBB829"


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Sequence[bytes]:
        return [self._content]


class FakeServiceQuotas:
    """The service: values that an account has and defaults, and trouble that it is in, per quota code and operation."""

    def __init__(self, applied: dict[str, float | None], defaults: dict[str, float]) -> None:
        self.values: dict[str, dict[str, float | None]] = {"GetServiceQuota": applied, "GetAWSDefaultServiceQuota": {**defaults}}
        self.trouble: dict[tuple[str, str], str] = {}
        """(operation, quota code) to the error code with which it is refused."""
        self.reasons: dict[tuple[str, str], tuple[str, float | None]] = {}
        """(operation, quota code) to the ErrorCode and the Value beside it."""
        self.unreachable = False
        self.asked: list[tuple[str, str]] = []

    @property
    def client(self) -> Any:
        """A botocore client that reaches this service and no other."""
        client = botocore.session.Session().create_client(
            "service-quotas",
            region_name=SCOPE.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )
        client.meta.events.register("before-send.service-quotas", cast("Any", self._answer))
        return client

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        if self.unreachable:
            raise EndpointConnectionError(endpoint_url=request.url)
        operation = request.headers["X-Amz-Target"].decode().partition(".")[2]
        asked = json.loads(request.body)
        assert asked["ServiceCode"] == "fargate"
        code = asked["QuotaCode"]
        self.asked.append((operation, code))
        if (operation, code) in self.reasons:
            error_code, value = self.reasons[operation, code]
            reason = {"ErrorReason": {"ErrorCode": error_code, "ErrorMessage": "so it is"}}
            return _response(request.url, 200, {"Quota": {"QuotaCode": code, **reason, **({} if value is None else {"Value": value})}})
        trouble = self.trouble.get((operation, code))
        if trouble is None and code not in self.values[operation]:
            trouble = "NoSuchResourceException"
        if trouble is not None:
            return _response(request.url, 400, {"__type": trouble, "Message": "so it is"})
        value = self.values[operation][code]
        return _response(request.url, 200, {"Quota": {"QuotaCode": code, **({} if value is None else {"Value": value})}})


def _response(url: str, status: int, content: dict[str, Any]) -> AWSResponse:
    return AWSResponse(url, status, HTTPHeaders(), _Body(json.dumps(content).encode()))


def read(service: FakeServiceQuotas) -> dict[Capacity, Quota]:
    return {quota.capacity: quota for quota in ServiceQuotas(service.client).read(NOW)}


@pytest.mark.parametrize(
    ("applied", "value", "source"),
    [
        ({ON_DEMAND: 4000.0}, 4000.0, Origin.APPLIED),
        ({ON_DEMAND: 6.5}, 6.5, Origin.APPLIED),
        ({ON_DEMAND: 0.0}, 0.0, Origin.APPLIED),
        ({}, 6.0, Origin.DEFAULT),
        ({ON_DEMAND: None}, 6.0, Origin.DEFAULT),
    ],
)
def test_the_applied_value_comes_before_the_default(applied: dict[str, float | None], value: float, source: Origin) -> None:
    """An account's own value counts, 0 too; AWS's default counts only where it has none."""
    quota = read(FakeServiceQuotas(applied, {ON_DEMAND: 6.0, SPOT: 6.0}))[Capacity.ON_DEMAND]
    assert quota == Quota(capacity=Capacity.ON_DEMAND, value=value, source=source, read_at=NOW)


@pytest.mark.parametrize("value", [-1.0, 1e300, -1e-320])
def test_a_value_that_is_no_number_of_vcpus_is_unknown(value: float) -> None:
    """DynamoDB refuses a number beyond 1e126; the other quota is read all the same."""
    quotas = read(FakeServiceQuotas({ON_DEMAND: value, SPOT: 50.0}, {}))
    assert (quotas[Capacity.ON_DEMAND].value, quotas[Capacity.SPOT].value) == (None, 50.0)
    assert repr(value) in quotas[Capacity.ON_DEMAND].reason


@pytest.mark.parametrize("value", [None, 0.0, 6.0], ids=["absent", "zero", "some value"])
@pytest.mark.parametrize(
    "code",
    [
        "DEPENDENCY_ACCESS_DENIED_ERROR",
        "DEPENDENCY_THROTTLING_ERROR",
        "DEPENDENCY_SERVICE_ERROR",
        "SERVICE_QUOTA_NOT_AVAILABLE_ERROR",
    ],
)
@pytest.mark.parametrize("operation", ["GetServiceQuota", "GetAWSDefaultServiceQuota"])
def test_a_quota_with_an_error_reason_is_unknown(operation: str, code: str, value: float | None) -> None:
    """The Value beside an ErrorReason is not used, AWS's default does not replace it, and the other quota is read."""
    service = FakeServiceQuotas({SPOT: 50.0}, {ON_DEMAND: 6.0})
    service.reasons[operation, ON_DEMAND] = (code, value)
    quotas = read(service)
    on_demand = quotas[Capacity.ON_DEMAND]
    assert (on_demand.value, on_demand.source, code in on_demand.reason) == (None, Origin.UNKNOWN, True)
    assert quotas[Capacity.SPOT].value == 50.0


def test_each_capacity_has_its_own_quota() -> None:
    """On-demand and Spot are two quotas of one account."""
    quotas = read(FakeServiceQuotas({ON_DEMAND: 100.0, SPOT: 50.0}, {}))
    assert (quotas[Capacity.ON_DEMAND].value, quotas[Capacity.SPOT].value) == (100.0, 50.0)


def test_the_default_is_not_asked_for_in_vain() -> None:
    """Where the account has both values, two calls are all."""
    service = FakeServiceQuotas({ON_DEMAND: 100.0, SPOT: 50.0}, {ON_DEMAND: 6.0, SPOT: 6.0})
    read(service)
    assert service.asked == [("GetServiceQuota", ON_DEMAND), ("GetServiceQuota", SPOT)]


def test_a_quota_that_aws_does_not_know_is_unknown() -> None:
    """Without applied and default value the quota is unknown, and the reason names it."""
    quota = read(FakeServiceQuotas({}, {}))[Capacity.SPOT]
    assert (quota.value, quota.source) == (None, Origin.UNKNOWN)
    assert SPOT in quota.reason


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ThrottlingException", "ServiceException"])
def test_a_throttled_service_leaves_both_unknown(code: str) -> None:
    """After a call that the service turned away the rest is not asked: every quota is unknown for that reason."""
    service = FakeServiceQuotas({ON_DEMAND: 100.0, SPOT: 50.0}, {})
    service.trouble["GetServiceQuota", ON_DEMAND] = code
    quotas = read(service)
    assert [quota.value for quota in quotas.values()] == [None, None]
    assert all(code in quota.reason for quota in quotas.values())
    assert service.asked == [("GetServiceQuota", ON_DEMAND)]


def test_what_was_read_before_the_throttle_is_kept() -> None:
    """A throttle on the second quota takes nothing from the first."""
    service = FakeServiceQuotas({ON_DEMAND: 100.0, SPOT: 50.0}, {})
    service.trouble["GetServiceQuota", SPOT] = "TooManyRequestsException"
    quotas = read(service)
    assert (quotas[Capacity.ON_DEMAND].value, quotas[Capacity.SPOT].value) == (100.0, None)


@pytest.mark.parametrize("operation", ["GetServiceQuota", "GetAWSDefaultServiceQuota"])
def test_a_denied_quota_is_unknown(operation: str) -> None:
    """A quota that may not be read is unknown with AWS's words for it, and the other one is read."""
    service = FakeServiceQuotas({SPOT: 50.0}, {ON_DEMAND: 6.0})
    service.trouble[operation, ON_DEMAND] = "AccessDeniedException"
    quotas = read(service)
    assert (quotas[Capacity.ON_DEMAND].value, quotas[Capacity.SPOT].value) == (None, 50.0)
    assert "AccessDeniedException: so it is" in quotas[Capacity.ON_DEMAND].reason


def test_an_unreachable_service_leaves_both_unknown() -> None:
    """Without an answer nothing is known, and nothing is raised."""
    service = FakeServiceQuotas({ON_DEMAND: 100.0, SPOT: 50.0}, {})
    service.unreachable = True
    quotas = read(service)
    assert [(quota.value, quota.source, quota.read_at) for quota in quotas.values()] == [(None, Origin.UNKNOWN, NOW)] * 2
    assert all("Could not connect" in quota.reason for quota in quotas.values())
