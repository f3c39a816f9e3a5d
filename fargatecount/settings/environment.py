"""Settings as environment variables: how one is read, and what a text must look like to be one.

Each field is the variable `FARGATECOUNT_<FIELD>` of the functions in serverless.yml, where it is documented for users. Every bad value is
reported at once, with its name and what it may be. `IngestSettings` is all that counting an event needs; the rest is in `config`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Self

import msgspec

from fargatecount.errors import MisconfiguredError

PREFIX = "FARGATECOUNT_"

MAX_BUCKETS = 64
"""Every reader of a cluster reads all of its counters; 64 of them still fit one BatchGetItem with room for a second cluster."""

DEPLOYED_BUCKETS = 8
"""What serverless.yml deploys with unless told otherwise; docs/adr/0003-buckets.md says why."""

Readers = Mapping[str, Callable[[str], Any]]
"""For each field, how its text becomes its value; raises ValueError with what was expected."""


class EnvironmentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings whose fields are environment variables."""

    readers: ClassVar[Readers] = {}

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings from an environment.

        Raises:
            MisconfiguredError: naming every variable that is missing or has a value that it cannot have.
        """
        values: dict[str, Any] = {}
        problems = []
        bad = set()
        for field in msgspec.structs.fields(cls):
            variable = PREFIX + field.name.upper()
            text = environment.get(variable, "").strip()
            if not text:
                if field.required:
                    problems.append(f"{variable} is not set")
                continue
            try:
                values[field.name] = cls.readers[field.name](text)
            except ValueError as error:
                problems.append(f"{variable} is {text!r}: {error}")
                bad.add(field.name)
        defaults = {field.name: field.default for field in msgspec.structs.fields(cls) if field.name not in bad}
        problems += cls.validate(defaults | values)
        if problems:
            raise MisconfiguredError("; ".join(problems), remedy="set these variables in serverless.yml and deploy again")
        return cls(**values)

    @classmethod
    def validate(cls, values: Mapping[str, Any]) -> Iterator[str]:  # noqa: ARG003 - for classes whose fields bear on each other
        """Say what cannot be together; `values` are all fields but those that could not be read, which are reported already."""
        yield from ()

    @classmethod
    def variables(cls) -> frozenset[str]:
        """Return the names of all environment variables that are read."""
        return frozenset(PREFIX + field.name.upper() for field in msgspec.structs.fields(cls))


def parse_text(text: str) -> str:
    """Take any text."""
    return text


def parse_url(text: str) -> str:
    """Take a URL."""
    if not text.startswith(("https://", "http://")):
        raise ValueError("expected a URL")
    return text


def parse_flag(text: str) -> bool:
    """Take true or false."""
    if text.lower() not in {"true", "false"}:
        raise ValueError("expected true or false")
    return text.lower() == "true"


def parse_whole(low: int, high: int) -> Callable[[str], int]:
    """Take a whole number from `low` to `high`."""

    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return int(text)

    return read


def parse_number(low: float, high: float) -> Callable[[str], float]:
    """Take a number from `low` to `high`."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:  # which holds of no NaN
            raise ValueError(f"expected a number from {low:g} to {high:g}")
        return value

    return read


def parse_namespace(text: str) -> str:
    """Take what CloudWatch takes as a namespace."""
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
    if len(text) > 255 or text.startswith((":", "AWS/")):  # noqa: PLR2004
        raise ValueError("expected up to 255 characters that start neither with ':' nor with 'AWS/'")
    return text


def parse_metric_prefix(text: str) -> str:
    """Take, of what CloudWatch takes in a name, that which needs no quotes in a query."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", text):
        raise ValueError("expected up to 64 letters, digits, '_', '.' and '-'")
    return text


def parse_globs(text: str) -> tuple[str, ...]:
    """Take globs with commas between them."""
    return tuple(filter(None, (glob.strip() for glob in text.split(","))))


class IngestSettings(EnvironmentSettings, frozen=True, kw_only=True):
    """What a function needs to know to count: kept apart, because a cold start of `task_changed` pays for whatever reads the rest."""

    table: str
    """Name of the DynamoDB table."""
    dead_letters_url: str
    """URL of the queue that keeps what could not be understood."""
    buckets: int = 1
    """Buckets per cluster in a table that has never been used; afterwards the table's own word counts."""
    armed: bool = False
    """Whether metrics are put to CloudWatch; unarmed, they are only logged."""
    function_metrics: bool = False
    """Whether, while armed, `task_changed` also puts what became of its events."""
    namespace: str = "Fargate Stats"
    """CloudWatch namespace; the default is the origin tool's, so that its dashboards go on working."""
    metric_prefix: str = "fargate"
    """First part of every metric's name, likewise."""

    readers: ClassVar[Readers] = {
        "table": parse_text,
        "dead_letters_url": parse_url,
        "buckets": parse_whole(1, MAX_BUCKETS),
        "armed": parse_flag,
        "function_metrics": parse_flag,
        "namespace": parse_namespace,
        "metric_prefix": parse_metric_prefix,
    }


def stack_of(stage: str) -> str:
    """Return the name that serverless.yml gives the stack of a stage, unless its `prefix` was changed."""
    return f"fargatecount-{stage}"


def buckets_from(environment: Mapping[str, str]) -> int:
    """Return the number of buckets for a process that needs no other setting; what a table that is in use says of itself goes before it.

    Raises:
        MisconfiguredError: the variable has a value that it cannot have.
    """
    variable = f"{PREFIX}BUCKETS"
    text = environment.get(variable, "").strip() or str(DEPLOYED_BUCKETS)
    try:
        return int(IngestSettings.readers["buckets"](text))
    except ValueError as error:
        raise MisconfiguredError(f"{variable} is {text!r}: {error}", remedy="give it the value of `buckets` in serverless.yml") from error
