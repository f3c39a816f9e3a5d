"""Settings as environment variables: how each is read, and which texts are valid.

Each field of a settings struct is the variable `FARGATECOUNT_<FIELD>` of the functions in serverless.yml, where it is documented. A field
that is itself a settings struct is read from the same environment, so small structs compose larger ones. All bad values are reported
together, each with its name and what was expected. `IngestSettings` is all that counting an event needs; the rest is in `deployment`.
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
"""The default of serverless.yml; docs/adr/0003-buckets.md gives the reason."""

Readers = Mapping[str, Callable[[str], Any]]
"""For each field that is a variable, the function that parses its text; it raises ValueError with what was expected."""


class EnvironmentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings whose fields are environment variables, or settings themselves."""

    readers: ClassVar[Readers] = {}

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings from an environment.

        Raises:
            MisconfiguredError: names every variable that is missing or has a bad value.
        """
        found, problems = cls._read(environment)
        if found is None:
            raise MisconfiguredError("; ".join(problems), remedy="set these variables in serverless.yml and deploy again")
        return found

    @classmethod
    def _read(cls, environment: Mapping[str, str]) -> tuple[Self | None, list[str]]:
        values: dict[str, Any] = {}
        problems: list[str] = []
        bad = set()
        for field in msgspec.structs.fields(cls):
            if field.name not in cls.readers:
                values[field.name], below = field.type._read(environment)  # noqa: SLF001 - a settings struct of its own
                problems += below
                continue
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
        return (None, problems) if problems else (cls(**values), problems)

    @classmethod
    def validate(cls, values: Mapping[str, Any]) -> Iterator[str]:  # noqa: ARG003 - for classes whose fields depend on each other
        """Yield a message for each contradiction; `values` are all fields but those with a bad value, which are reported already."""
        yield from ()

    @classmethod
    def variables(cls) -> frozenset[str]:
        """Return the names of all environment variables that are read."""
        fields = msgspec.structs.fields(cls)
        own = frozenset(PREFIX + field.name.upper() for field in fields if field.name in cls.readers)
        return own.union(*(field.type.variables() for field in fields if field.name not in cls.readers))


def parse_text(text: str) -> str:
    """Accept any text."""
    return text


def parse_url(text: str) -> str:
    """Accept a URL."""
    if not text.startswith(("https://", "http://")):
        raise ValueError("expected a URL")
    return text


def parse_bus_arn(text: str) -> str:
    """Accept the ARN of an event bus."""
    if not re.fullmatch(r"arn:[^:]+:events:[a-z0-9-]+:\d{12}:event-bus/[A-Za-z0-9._/-]+", text):
        raise ValueError("expected the ARN of an event bus, as in the output HubBusArn of the hub's stack")
    return text


def parse_flag(text: str) -> bool:
    """Accept true or false."""
    if text.lower() not in {"true", "false"}:
        raise ValueError("expected true or false")
    return text.lower() == "true"


def parse_whole(low: int, high: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from `low` to `high`."""

    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return int(text)

    return read


def parse_number(low: float, high: float) -> Callable[[str], float]:
    """Return a parser of numbers from `low` to `high`."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:  # NaN fails every comparison
            raise ValueError(f"expected a number from {low:g} to {high:g}")
        return value

    return read


def parse_namespace(text: str) -> str:
    """Accept a namespace that CloudWatch accepts."""
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
    if len(text) > 255 or text.startswith((":", "AWS/")):  # noqa: PLR2004
        raise ValueError("expected up to 255 characters that start neither with ':' nor with 'AWS/'")
    return text


def parse_metric_prefix(text: str) -> str:
    """Accept a metric name of CloudWatch that needs no quotes in a query."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", text):
        raise ValueError("expected up to 64 letters, digits, '_', '.' and '-'")
    return text


def parse_globs(text: str) -> tuple[str, ...]:
    """Accept globs separated by commas."""
    return tuple(filter(None, (glob.strip() for glob in text.split(","))))


class MetricNames(EnvironmentSettings, frozen=True, kw_only=True):
    """The names of the metrics in CloudWatch."""

    namespace: str = "Fargate Stats"
    """CloudWatch namespace; the default is the origin tool's, so that its dashboards keep working."""
    metric_prefix: str = "fargate"
    """First part of every metric's name; the default is the origin tool's too."""

    readers: ClassVar[Readers] = {"namespace": parse_namespace, "metric_prefix": parse_metric_prefix}


class IngestSettings(EnvironmentSettings, frozen=True, kw_only=True):
    """The settings that counting needs. They are separate because a cold start of `task_changed` pays for every module that reads more."""

    table: str
    """Name of the DynamoDB table."""
    dead_letters_url: str
    """URL of the dead-letter queue."""
    buckets: int = 1
    """Buckets per cluster in a new table; a table in use keeps its own number."""
    armed: bool = False
    """Whether metrics are put to CloudWatch; unarmed, they are only logged."""
    function_metrics: bool = False
    """Whether, while armed, `task_changed` also puts metrics about the events of each batch."""
    names: MetricNames

    readers: ClassVar[Readers] = {
        "table": parse_text,
        "dead_letters_url": parse_url,
        "buckets": parse_whole(1, MAX_BUCKETS),
        "armed": parse_flag,
        "function_metrics": parse_flag,
    }


def stack_of(stage: str) -> str:
    """Return the stack name of a stage in serverless.yml, unless its `prefix` was changed."""
    return f"fargatecount-{stage}"


def buckets_from(environment: Mapping[str, str]) -> int:
    """Return the number of buckets for a process that needs no other setting; a table in use keeps its own number.

    Raises:
        MisconfiguredError: the variable has a bad value.
    """
    variable = f"{PREFIX}BUCKETS"
    text = environment.get(variable, "").strip() or str(DEPLOYED_BUCKETS)
    try:
        return int(IngestSettings.readers["buckets"](text))
    except ValueError as error:
        raise MisconfiguredError(f"{variable} is {text!r}: {error}", remedy="set it to the value of `buckets` in serverless.yml") from error
