"""Service Quotas for Fargate, which the emulator lacks.

Source: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/Welcome.html

The values are settings (`quotas`, `default_quotas`). A quota without an applied value answers NoSuchResourceException, as AWS does for an
account that never had one, and the caller has to read the default.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ministack.core import responses

from local.aws.quota_increases import Increases, NotTakenError
from local.faults import ON_DEMAND, SPOT, FaultBoard
from local.patches.gateway import Gateway, Proceed, Request, Response, answer, denial, refusal

SERVICE: Final = "fargate"

_NAMES: Final = {ON_DEMAND: "Fargate On-Demand vCPU resource count", SPOT: "Fargate Spot vCPU resource count"}
_CLASSES: Final = {ON_DEMAND: "Standard/OnDemand", SPOT: "Standard/Spot"}


def apply(gateway: Gateway, faults: FaultBoard) -> None:
    """Answer the read operations and requests for an increase, to callers whose IAM policies allow them."""

    def one(values: dict[str, float | None], data: dict[str, Any]) -> Response:
        code = data.get("QuotaCode", "")
        value = values.get(code) if data.get("ServiceCode") == SERVICE else None
        if value is None:
            return refusal("NoSuchResourceException", f"The quota {code} of {data.get('ServiceCode')} has no value here.")
        return answer(200, {"Quota": _quota(code, value)})

    def every(values: dict[str, float | None], data: dict[str, Any]) -> Response:
        if data.get("ServiceCode") != SERVICE:
            return refusal("NoSuchResourceException", f"There is no service {data.get('ServiceCode')} here.")
        rates = [_quota(f"launch-{position}", value, name) for position, (name, value) in enumerate(faults.settings.launch_quotas.items())]
        return answer(200, {"Quotas": [*(_quota(code, value) for code, value in values.items() if value is not None), *rates]})

    increases = Increases(faults)

    operations: dict[str, Callable[[dict[str, Any]], Response]] = {
        "servicequotas:GetServiceQuota": lambda data: one(faults.settings.quotas, data),
        "servicequotas:GetAWSDefaultServiceQuota": lambda data: one({**faults.settings.default_quotas}, data),
        "servicequotas:ListServiceQuotas": lambda data: every(faults.settings.quotas, data),
        "servicequotas:ListAWSDefaultServiceQuotas": lambda data: every({**faults.settings.default_quotas}, data),
        "servicequotas:RequestServiceQuotaIncrease": lambda data: _filed(increases, data),
        "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota": lambda data: answer(200, increases.listed(data)),
    }

    async def quotas(request: Request, proceed: Proceed) -> Response:
        if not request.operation.startswith("servicequotas:"):
            return await proceed(request)
        operation = operations.get(request.operation)
        if operation is None:
            return refusal("UnknownOperationException", f"The embedded AWS does not know {request.operation}.")
        # Copies of the service authorization reference disagree whether GetServiceQuota has the quota as its resource, or none
        # (https://docs.aws.amazon.com/service-authorization/latest/reference/list_servicequotas.html). A policy must be right under
        # both, so the request is judged by each.
        refused = denial(request, "servicequotas", "*")
        if refused is None and request.operation == "servicequotas:GetServiceQuota":
            refused = denial(request, "servicequotas", _arn(request.data.get("ServiceCode", ""), request.data.get("QuotaCode", "")))
        return refused or operation(request.data)

    gateway.use(quotas)


def _filed(increases: Increases, data: dict[str, Any]) -> Response:
    try:
        return answer(200, increases.file(data))
    except NotTakenError as error:
        return refusal(error.code, str(error))


def _quota(code: str, value: float, name: str | None = None) -> dict[str, Any]:
    return {
        "ServiceCode": SERVICE,
        "ServiceName": "AWS Fargate",
        "QuotaCode": code,
        "QuotaName": name or _NAMES.get(code, code),
        "QuotaArn": _arn(SERVICE, code),
        "Value": value,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
        "UsageMetric": {
            "MetricNamespace": "AWS/Usage",
            "MetricName": "ResourceCount",
            "MetricDimensions": {"Service": "Fargate", "Type": "Resource", "Resource": "vCPU", "Class": _CLASSES.get(code, "None")},
            "MetricStatisticRecommendation": "Maximum",
        },
    }


def _arn(service: str, code: str) -> str:
    return f"arn:aws:servicequotas:{responses.get_region()}:{responses.get_account_id()}:{service}/{code}"
