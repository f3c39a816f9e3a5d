"""Requests for a higher quota in AWS Service Quotas.

https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_RequestServiceQuotaIncrease.html; needs
`servicequotas:RequestServiceQuotaIncrease` and `servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from fargatecount.adapters.service_quotas import SERVICE
from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import MisconfiguredError
from fargatecount.increase.request import IncreaseRequest, RequestState
from fargatecount.quotas.quota import CODES
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Capacity

NOT_TAKEN = {
    "ResourceAlreadyExistsException": "a request for this quota is open already: fargatecount quota history",
    "IllegalArgumentException": "ask for more than the present value: fargatecount quota show",
    "InvalidResourceStateException": "wait for the open request: fargatecount quota history",
    "QuotaExceededException": "wait until an open request has its answer: AWS takes some at a time only",
    "NoSuchResourceException": "this Region has no such quota: check --region",
    "DependencyAccessDeniedException": "allow iam:CreateServiceLinkedRole and support:CreateCase, which Service Quotas needs",
}
"""Refusals that asking again does not change, with what to do."""


class ServiceQuotaIncreases:
    """The requests of the account and Region of a botocore client `service-quotas`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def file(self, capacity: Capacity, desired: float) -> IncreaseRequest:
        """File a request."""
        code = CODES[capacity]
        with aws_errors(f"requesting quota {SERVICE} {code}", action="servicequotas:RequestServiceQuotaIncrease"):
            try:
                answer = self._client.request_service_quota_increase(ServiceCode=SERVICE, QuotaCode=code, DesiredValue=desired)
            except ClientError as error:
                found = error.response.get("Error", {})
                if (remedy := NOT_TAKEN.get(found.get("Code", ""))) is not None:
                    raise MisconfiguredError(
                        f"AWS does not take the request: {found.get('Message') or found['Code']}", remedy=remedy
                    ) from error
                raise
        return _request(capacity, answer["RequestedQuota"])

    def requests(self, capacity: Capacity) -> Sequence[IncreaseRequest]:
        """Return all requests, the newest first."""
        code = CODES[capacity]
        action = "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota"
        found: list[IncreaseRequest] = []
        more: dict[str, str] = {}
        while True:
            with aws_errors(f"reading the requests for quota {SERVICE} {code}", action=action):
                answer = self._client.list_requested_service_quota_change_history_by_quota(ServiceCode=SERVICE, QuotaCode=code, **more)
            found += [_request(capacity, each) for each in answer.get("RequestedQuotas", ())]
            if not answer.get("NextToken"):
                return sorted(found, key=lambda each: -(each.created_at or 0))
            more = {"NextToken": answer["NextToken"]}


def _request(capacity: Capacity, raw: Mapping[str, Any]) -> IncreaseRequest:
    state = str(raw.get("Status", ""))
    return IncreaseRequest(
        id=str(raw.get("Id", "")),
        capacity=capacity,
        desired=float(raw.get("DesiredValue") or 0.0),
        state=RequestState(state) if state in {*RequestState} else RequestState.OTHER,
        case=raw.get("CaseId"),
        created_at=parse_millis(raw.get("Created")),
        updated_at=parse_millis(raw.get("LastUpdated")),
    )
