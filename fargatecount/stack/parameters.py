"""The parameters of a template: which values they accept, and the value that each gets in a deployment.

Pure. The constraints are the template's own, so a value is accepted here exactly if osls and CloudFormation accept it; what CloudFormation
cannot say (a whole number, a comparison of two parameters) is checked too.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from fargatecount.errors import MisconfiguredError
from fargatecount.settings.deployment import UsageSettings
from fargatecount.stack.artifact import OF_THE_CODE

WHOLE = "a whole number"
MAX_BATCH_WITHOUT_WINDOW = 10
"""SQS delivers up to ten messages at once without a window
(https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)."""


class Parameter(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """One parameter of a template."""

    type: str
    default: str
    description: str = ""
    constraint_description: str = ""
    allowed_values: tuple[str, ...] = ()
    allowed_pattern: str = ""
    min_value: float = -math.inf
    max_value: float = math.inf

    def accepts(self, text: str) -> bool:
        """Return whether CloudFormation accepts the value, and the functions read it."""
        if self.allowed_values and text not in self.allowed_values:
            return False
        parts = text.split(",") if self.type == "CommaDelimitedList" else [text]
        if self.allowed_pattern and not all(re.fullmatch(self.allowed_pattern, part.strip()) for part in parts):
            return False
        if self.type != "Number":
            return True
        if self.constraint_description.startswith(WHOLE) and not re.fullmatch("[0-9]+", text):
            return False
        try:
            return self.min_value <= float(text) <= self.max_value
        except ValueError:
            return False


def read_parameters(template: Mapping[str, Any]) -> dict[str, Parameter]:
    """Return the parameters of a template by name."""
    return msgspec.convert(template.get("Parameters", {}), dict[str, Parameter], strict=False)


def setting_of(parameter: str) -> str:
    """Return the setting's name of a parameter: `armed` for `Armed`."""
    return parameter[0].lower() + parameter[1:]


def read_settings(pairs: Sequence[str], parameters: Mapping[str, Parameter]) -> dict[str, str]:
    """Return what `--set name=value` says, by parameter.

    Raises:
        MisconfiguredError: names every setting that does not exist or has a bad value.
    """
    found: dict[str, str] = {}
    problems = []
    for pair in pairs:
        name, equals, text = pair.partition("=")
        parameter = name[:1].upper() + name[1:]
        if not equals:
            problems.append(f"{pair!r} is no setting: write name=value")
        elif parameter not in parameters:
            near = difflib.get_close_matches(name, [setting_of(each) for each in parameters], n=1)
            problems.append(f"there is no setting {name!r}{f'; did you mean {near[0]}?' if near else ''}")
        elif not parameters[parameter].accepts(text.strip()):
            problems.append(f"{name} is {text!r}: expected {parameters[parameter].constraint_description}")
        elif problem := _unreadable(parameter, text.strip()):
            problems.append(f"{name} is {text!r}: {problem}")
        else:
            found[parameter] = text.strip()
    if problems:
        raise MisconfiguredError("; ".join(problems), remedy="docs/settings.md lists the settings and what each accepts")
    return found


def _unreadable(parameter: str, text: str) -> str:
    """Return why the functions could not read a JSON setting; empty if they can."""
    reader = {"Limits": "limits", "RegionPrices": "region_prices"}.get(parameter)
    if reader is not None:
        try:
            UsageSettings.readers[reader](text)
        except ValueError as error:
            return str(error)
    return ""


def choose_values(parameters: Mapping[str, Parameter], deployed: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the value of each parameter: as given now, else as deployed, else the default. The code is always this release's.

    Raises:
        MisconfiguredError: two values contradict each other.
    """
    kept = {name: text for name, text in deployed.items() if name not in OF_THE_CODE}
    values = {name: given.get(name, kept.get(name, parameter.default)) for name, parameter in parameters.items()}
    problems = list(_contradictions(values))
    if problems:
        raise MisconfiguredError("; ".join(problems), remedy="change one of them with --set")
    return values


def _contradictions(values: Mapping[str, str]) -> Iterator[str]:
    warning, critical = values["WarningPercent"], values["CriticalPercent"]
    if float(warning) >= float(critical):
        yield f"warningPercent is {warning} and criticalPercent is {critical}: the warning threshold must be below the critical one"
    size, window = values["BatchSize"], values.get("BatchWindow", "0")  # a hub has no window, and takes ten at most
    if float(size) > MAX_BATCH_WITHOUT_WINDOW and float(window) < 1:
        yield f"batchSize is {size} and batchWindow is {window}: more than 10 events need a window of at least 1 second"
