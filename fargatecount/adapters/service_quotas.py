"""Quotas from AWS Service Quotas: the applied value, else AWS's default. A quota that cannot be read is unknown, with the reason.

https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html; needs `servicequotas:GetServiceQuota` and
`servicequotas:GetAWSDefaultServiceQuota`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import DeniedError, FargatecountError, MalformedError
from fargatecount.quotas.launch_rates import LaunchRate, launch_rates
from fargatecount.quotas.quota import CODES, Origin, Quota, unknown
from fargatecount.workload import Capacity, Millis

SERVICE = "fargate"
MAX_VALUE = 1e12
"""Far above any quota, far below the 1e126 at which DynamoDB refuses a number; NaN and negative numbers are out of range too."""


class ServiceQuotas:
    """The quotas of the account and Region of a botocore client `service-quotas`.

    Two calls where the account has values of its own, at most four. Service Quotas throttles after a few calls a second, so the calls are
    sequential, and the first one without an answer ends the read.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, now: Millis) -> Sequence[Quota]:
        """Return both quotas; an error of AWS makes a quota unknown and is not raised."""
        found: list[Quota] = []
        no_answer = ""
        for capacity, code in CODES.items():
            if no_answer:
                found.append(unknown(capacity, now, no_answer))
                continue
            try:
                found.append(self._quota(capacity, code, now))
            except DeniedError as error:  # permissions may differ between the two
                found.append(unknown(capacity, now, str(error), error.denied_action))
            except MalformedError as error:
                found.append(unknown(capacity, now, str(error)))
            except FargatecountError as error:
                no_answer = str(error)
                found.append(unknown(capacity, now, no_answer))
        return found

    def launch_rates(self) -> Sequence[LaunchRate]:
        """Return the launch rates of both capacities: applied values over AWS's defaults.

        Raises:
            DeniedError, UnavailableError: AWS refused or did not answer.
        """
        found: dict[str, float] = {}
        for operation in ("list_aws_default_service_quotas", "list_service_quotas"):
            with aws_errors(f"listing the quotas of {SERVICE}", action=f"servicequotas:{_action(operation)}"):
                for page in self._client.get_paginator(operation).paginate(ServiceCode=SERVICE):
                    found |= {each["QuotaName"]: each["Value"] for each in page.get("Quotas", ()) if "ErrorReason" not in each}
        return launch_rates(found.items())

    def _quota(self, capacity: Capacity, code: str, now: Millis) -> Quota:
        for origin, operation, action in (
            (Origin.APPLIED, self._client.get_service_quota, "GetServiceQuota"),
            (Origin.DEFAULT, self._client.get_aws_default_service_quota, "GetAWSDefaultServiceQuota"),
        ):
            answer = _read(operation, f"servicequotas:{action}", code)
            trouble = answer.get("ErrorReason")
            if trouble:
                # The Value beside an ErrorReason is absent or 0, and means nothing; AWS's default does not stand in for it either:
                # https://github.com/hashicorp/terraform-provider-aws/issues/19719.
                why = f"{trouble.get('ErrorCode', 'ErrorReason')}: {trouble.get('ErrorMessage', '')}".removesuffix(": ")
                return unknown(capacity, now, f"quota {SERVICE} {code} came without a value: {why}")
            value: float | None = answer.get("Value")
            if value is not None and not 0 <= value <= MAX_VALUE:
                raise MalformedError(f"quota {SERVICE} {code} is {value!r}, which is not a number of vCPUs")
            if value is not None:
                return Quota(capacity=capacity, value=value, source=origin, read_at=now)
        return unknown(capacity, now, f"Service Quotas has neither an applied nor a default value of {SERVICE} {code} in this Region")


def _action(operation: str) -> str:
    return {"list_aws_default_service_quotas": "ListAWSDefaultServiceQuotas", "list_service_quotas": "ListServiceQuotas"}[operation]


def _read(operation: Callable[..., Any], action: str, code: str) -> Mapping[str, Any]:
    """Return the quota in AWS's answer; an empty one where there is no such quota."""
    with aws_errors(f"reading quota {SERVICE} {code}", action=action):
        try:
            quota: Mapping[str, Any] = operation(ServiceCode=SERVICE, QuotaCode=code)["Quota"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NoSuchResourceException":
                return {}
            raise
    return quota
