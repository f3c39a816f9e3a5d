"""Settings of a deployment, read once from the environment; every bad value is reported at once, with its name and what it may be.

Each field is the variable `FARGATECOUNT_<FIELD>` of the functions in serverless.yml, where it is documented for users.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Self

import msgspec

from fargatecount.errors import Misconfigured
from fargatecount.limits import Limits, read_limits
from fargatecount.metrics import Detail
from fargatecount.points import Choice
from fargatecount.price_list import SPOT_FACTOR, RegionPrices
from fargatecount.prices import PriceSettings, read_region_prices

PREFIX = "FARGATECOUNT_"

MAX_RECONCILE_MINUTES = 15
"""The counts of a cluster that nobody has looked at for 16 minutes are doubted (`clusters.FRESH_FOR`); a longer period would doubt them
between any two looks."""

MAX_BUCKETS = 64
"""Every reader of a cluster reads all of its counters; 64 of them still fit one BatchGetItem with room for a second cluster."""


MAX_TOP_SERVICES = 500
"""A graph shows no more: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"""

DEPLOYED_BUCKETS = 8
"""What serverless.yml deploys with unless told otherwise; docs/adr/0003-buckets.md says why."""


class Variables(msgspec.Struct, frozen=True, kw_only=True):
    """Settings whose fields are environment variables."""

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings from an environment.

        Raises:
            Misconfigured: naming every variable that is missing or has a value that it cannot have.
        """
        values: dict[str, Any] = {}
        problems = []
        for field in msgspec.structs.fields(cls):
            variable = PREFIX + field.name.upper()
            text = environment.get(variable, "").strip()
            if not text:
                if field.required:
                    problems.append(f"{variable} is not set")
                continue
            try:
                values[field.name] = _READERS[field.name](text)
            except ValueError as error:
                problems.append(f"{variable} is {text!r}: {error}")
        if problems:
            raise Misconfigured("; ".join(problems), remedy="set these variables in serverless.yml and deploy again")
        return cls(**values)

    @classmethod
    def variables(cls) -> frozenset[str]:
        """Return the names of all environment variables that are read."""
        return frozenset(PREFIX + field.name.upper() for field in msgspec.structs.fields(cls))


class Terms(Variables, frozen=True, kw_only=True):
    """What the user allows himself and what he pays: needed wherever usage is judged, in a function or at the command line."""

    limits: Limits = Limits()
    """How much may be held, in total and per cluster."""
    discount_percent: float = 0.0
    """What a Savings Plan or a contract takes off on-demand vCPU and memory."""
    spot_factor: float = SPOT_FACTOR
    """What Spot costs, as a part of the on-demand price."""
    region_prices: Mapping[str, RegionPrices] = {}
    """Prices that replace those of the list."""

    @property
    def prices(self) -> PriceSettings:
        """The prices that result."""
        return PriceSettings(discount_percent=self.discount_percent, spot_factor=self.spot_factor, regions=self.region_prices)


class Showing(Terms, frozen=True, kw_only=True):
    """What is published, and under which names."""

    namespace: str = "Fargate Stats"
    """CloudWatch namespace; the default is the origin tool's, so that its dashboards go on working."""
    metric_prefix: str = "fargate"
    """First part of every metric's name, likewise."""
    detail: Detail = Detail.CLUSTER
    """How much is published."""
    include: tuple[str, ...] = ("*",)
    """Globs of the clusters that have series of their own."""
    exclude: tuple[str, ...] = ()
    """Globs of those among them that have none after all."""
    top_services: int = 20
    """How many services have series of their own, with detail `service`."""
    warning_percent: float = 80.0
    """Utilisation of a quota from which on it is published every 10 s; the warning alarms and events begin there."""
    critical_percent: float = 95.0
    """Utilisation of a quota at which the critical alarms and events begin."""
    limit_percent: float = 90.0
    """Utilisation of the user's own limits at which their alarms and events begin."""

    @property
    def choice(self) -> Choice:
        """The choice that results."""
        return Choice(
            detail=self.detail,
            include=self.include,
            exclude=self.exclude,
            top_services=self.top_services,
            limits=self.limits,
            prices=self.prices,
        )


class Settings(Showing, frozen=True, kw_only=True):
    """What a function needs to know about its deployment."""

    table: str
    """Name of the DynamoDB table."""
    dead_letters_url: str
    """URL of the queue that keeps what could not be understood."""
    reports_bucket: str
    """Name of the S3 bucket that keeps the reports of the reconciler."""
    reconcile_minutes: int = 5
    """Minutes between two looks at all ECS clusters; clusters that have never been listed do not wait for it."""
    buckets: int = 1
    """Buckets per cluster in a table that has never been used; afterwards the table's own word counts."""
    armed: bool = False
    """Whether metrics are put to CloudWatch; unarmed, they are only logged."""


def buckets_from(environment: Mapping[str, str]) -> int:
    """Return the number of buckets for a process that needs no other setting; what a table that is in use says of itself goes before it.

    Raises:
        Misconfigured: the variable has a value that it cannot have.
    """
    variable = f"{PREFIX}BUCKETS"
    text = environment.get(variable, "").strip() or str(DEPLOYED_BUCKETS)
    try:
        return int(_READERS["buckets"](text))
    except ValueError as error:
        raise Misconfigured(f"{variable} is {text!r}: {error}", remedy="give it the value of `buckets` in serverless.yml") from error


def _text(text: str) -> str:
    return text


def _url(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise ValueError("expected a URL")
    return text


def _flag(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError("expected true or false")
    return text.lower() == "true"


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return int(text)

    return read


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:  # which holds of no NaN
            raise ValueError(f"expected a number from {low:g} to {high:g}")
        return value

    return read


def _namespace(text: str) -> str:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
    if len(text) > 255 or text.startswith((":", "AWS/")):  # noqa: PLR2004
        raise ValueError("expected up to 255 characters that start neither with ':' nor with 'AWS/'")
    return text


def _metric_prefix(text: str) -> str:
    # Of what CloudWatch takes in a name, that which needs no quotes in a query.
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", text):
        raise ValueError("expected up to 64 letters, digits, '_', '.' and '-'")
    return text


def _detail(text: str) -> Detail:
    if text not in {*Detail}:
        raise ValueError(f"expected one of {', '.join(Detail)}")
    return Detail(text)


def _globs(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (glob.strip() for glob in text.split(","))))


_READERS: dict[str, Callable[[str], Any]] = {
    "table": _text,
    "dead_letters_url": _url,
    "reports_bucket": _text,
    "reconcile_minutes": _whole(1, MAX_RECONCILE_MINUTES),
    "buckets": _whole(1, MAX_BUCKETS),
    "namespace": _namespace,
    "metric_prefix": _metric_prefix,
    "detail": _detail,
    "include": _globs,
    "exclude": _globs,
    "top_services": _whole(1, MAX_TOP_SERVICES),
    "warning_percent": _number(1, 100),
    "critical_percent": _number(1, 100),
    "limit_percent": _number(1, 100),
    "armed": _flag,
    "limits": read_limits,
    "discount_percent": _number(0, 100),
    "spot_factor": _number(0, 1),
    "region_prices": read_region_prices,
}
