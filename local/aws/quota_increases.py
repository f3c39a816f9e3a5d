"""Requests for a higher quota: AWS grants a moderate one within minutes, and opens a support case for a larger one.

https://docs.aws.amazon.com/servicequotas/latest/userguide/request-quota-increase.html. Here a moderate request is granted when it is listed
for the first time, so that a program sees it pending and then granted.
"""

from __future__ import annotations

import time
import uuid
from typing import Any, Final

from local.faults import FaultBoard

MODERATE: Final = 10.0
"""Times the present value; above it people at AWS look at the request."""


class NotTakenError(Exception):
    """AWS does not take a request: the code of its error, and its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Increases:
    """The requests of the account."""

    def __init__(self, faults: FaultBoard) -> None:
        self._faults = faults
        self._requests: list[dict[str, Any]] = []

    def file(self, data: dict[str, Any]) -> dict[str, Any]:
        """Answer RequestServiceQuotaIncrease; raises NotTakenError."""
        code, desired = data.get("QuotaCode", ""), float(data.get("DesiredValue", 0))
        present = self._value(code)
        if data.get("ServiceCode") != "fargate" or present is None:
            raise NotTakenError("NoSuchResourceException", f"There is no quota {code} of {data.get('ServiceCode')} here.")
        if desired <= present:
            raise NotTakenError("IllegalArgumentException", "The desired value must be above the present one.")
        if any(each["QuotaCode"] == code and each["Status"] in {"PENDING", "CASE_OPENED"} for each in self._requests):
            raise NotTakenError("ResourceAlreadyExistsException", "Only one open service quota increase request is allowed per quota.")
        now = time.time()
        made = {
            "Id": uuid.uuid4().hex,
            "ServiceCode": "fargate",
            "QuotaCode": code,
            "DesiredValue": desired,
            "Status": "PENDING",
            "Created": now,
            "LastUpdated": now,
        }
        self._requests.append(made)
        return {"RequestedQuota": made}

    def listed(self, data: dict[str, Any]) -> dict[str, Any]:
        """Answer ListRequestedServiceQuotaChangeHistoryByQuota, and decide what is pending."""
        code = data.get("QuotaCode", "")
        for each in self._requests:
            if each["QuotaCode"] == code and each["Status"] == "PENDING":
                self._decide(each)
        return {"RequestedQuotas": [each for each in self._requests if each["QuotaCode"] == code]}

    def _decide(self, request: dict[str, Any]) -> None:
        request["LastUpdated"] = time.time()
        present = self._value(request["QuotaCode"])
        if present is not None and request["DesiredValue"] <= present * MODERATE:
            request["Status"] = "APPROVED"
            self._faults.settings.quotas[request["QuotaCode"]] = request["DesiredValue"]
        else:
            request |= {"Status": "CASE_OPENED", "CaseId": uuid.uuid4().hex[:12]}

    def _value(self, code: str) -> float | None:
        settings = self._faults.settings
        return settings.quotas.get(code) or settings.default_quotas.get(code)
