"""The fake ECS and Fargate's quotas behind HTTP, as boto3 speaks to them: for tests of whole programs, which make their own clients."""

from __future__ import annotations

import json
import re
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from tests.support.fake_ecs import FakeEcs
from tests.support.http_server import Reply, Request, answering


class Quotas:
    """Fargate's two vCPU quotas, each applied or not; the defaults are AWS's own."""

    def __init__(self) -> None:
        self.applied: dict[str, float] = {"L-3032A538": 4000.0}
        self.defaults: dict[str, float] = {"L-3032A538": 6.0, "L-36FBB829": 6.0}

        self.rates: dict[str, float] = {}
        self.default_rates = {"Fargate On-Demand Burst Launch Rate": 100.0, "Fargate On-Demand Sustained Launch Rate": 20.0}
        self.requests: list[dict[str, Any]] = []
        """The increases that were requested."""

    def request_service_quota_increase(self, **asked: Any) -> dict[str, Any]:
        """Answer RequestServiceQuotaIncrease; one open request at a time."""
        code = asked["QuotaCode"]
        if any(each["QuotaCode"] == code and each["Status"] == "PENDING" for each in self.requests):
            raise ClientError(
                {"Error": {"Code": "ResourceAlreadyExistsException", "Message": "Only one open request is allowed per quota."}},
                "RequestServiceQuotaIncrease",
            )
        created = datetime(2026, 1, 1 + len(self.requests), tzinfo=UTC)
        self.requests.append({"Id": f"request-{len(self.requests)}", "Status": "PENDING", "Created": created, **asked})
        return {"RequestedQuota": self.requests[-1]}

    def list_requested_service_quota_change_history_by_quota(self, **asked: str) -> dict[str, Any]:
        """Answer ListRequestedServiceQuotaChangeHistoryByQuota, one request a page."""
        mine = [each for each in self.requests if each["QuotaCode"] == asked["QuotaCode"]]
        start = int(asked.get("NextToken", 0))
        more = {"NextToken": str(start + 1)} if start + 1 < len(mine) else {}
        return {"RequestedQuotas": mine[start : start + 1], **more}

    def list_service_quotas(self, **asked: str) -> dict[str, Any]:
        """Answer ListServiceQuotas: the launch rates that were applied."""
        assert asked["ServiceCode"] == "fargate"
        return {"Quotas": [{"QuotaName": name, "Value": value} for name, value in self.rates.items()]}

    def list_aws_default_service_quotas(self, **asked: str) -> dict[str, Any]:
        """Answer ListAWSDefaultServiceQuotas: the launch rates of AWS."""
        assert asked["ServiceCode"] == "fargate"
        return {"Quotas": [{"QuotaName": name, "Value": value} for name, value in self.default_rates.items()]}

    def answer_requests(self, status: str) -> None:
        """Let AWS answer every open request; an approved one changes the quota."""
        for each in self.requests:
            if each["Status"] == "PENDING":
                each["Status"] = status
                if status == "APPROVED":
                    self.applied[each["QuotaCode"]] = each["DesiredValue"]

    def get_service_quota(self, **asked: str) -> dict[str, Any]:
        """Answer GetServiceQuota."""
        return self._value(self.applied, **asked)

    def get_aws_default_service_quota(self, **asked: str) -> dict[str, Any]:
        """Answer GetAWSDefaultServiceQuota."""
        return self._value(self.defaults, **asked)

    def _value(self, values: dict[str, float], *, ServiceCode: str, QuotaCode: str) -> dict[str, Any]:  # noqa: N803 - AWS's spelling
        if ServiceCode != "fargate" or QuotaCode not in values:
            raise ClientError({"Error": {"Code": "NoSuchResourceException", "Message": f"no {ServiceCode} {QuotaCode}"}}, "GetServiceQuota")
        return {"Quota": {"QuotaCode": QuotaCode, "Value": values[QuotaCode]}}


def serving(ecs: FakeEcs, quotas: Quotas) -> AbstractContextManager[str]:
    """Serve them on a free port of the loopback interface; yield the URL."""
    services: dict[str, Any] = {"AmazonEC2ContainerServiceV20141113": ecs, "ServiceQuotasV20190624": quotas}

    def answer(request: Request) -> Reply:
        service, _, operation = request.headers["X-Amz-Target"].partition(".")
        arguments = json.loads(request.body or b"{}")
        name = re.sub(r"(?<=[a-z])([A-Z])|(?<=S)([A-Z])(?=[a-z])", r"_\1\2", operation).lower()
        try:
            status, said = 200, getattr(services[service], name)(**arguments)
        except ClientError as error:
            refused = error.response["Error"]
            status, said = 400, {"__type": refused["Code"], "message": refused["Message"]}
        return Reply(json.dumps(said, default=datetime.timestamp), "application/x-amz-json-1.1", status)

    return answering(answer)
