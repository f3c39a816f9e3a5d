"""The body of the dashboard as CloudWatch receives it: the text of the deployed template, with CloudFormation's substitutions."""

from __future__ import annotations

import re
from typing import Any

from fargatecount.workload import Scope
from tests.package.template import Template
from tests.support.builders import SCOPE

DASHBOARD = "AWS::CloudWatch::Dashboard"
ALARMS = {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"}


def deployed_body(template: Template, scope: Scope = SCOPE) -> str:
    """Return the JSON text.

    Raises:
        ValueError: the template has a substitution that is not supported here.
    """
    return _text(template, template.only(DASHBOARD)["DashboardBody"], scope)


def deployed_name(template: Template, scope: Scope = SCOPE) -> str:
    """Return the name of the dashboard in the console."""
    return _text(template, template.only(DASHBOARD)["DashboardName"], scope)


def alarm_arn(template: Template, logical_id: str, scope: Scope = SCOPE) -> str:
    """Return the ARN of an alarm of the template."""
    name = template.resources[logical_id]["Properties"]["AlarmName"]
    return f"arn:aws:cloudwatch:{scope.region}:{scope.account}:alarm:{name}"


def _text(template: Template, value: Any, scope: Scope) -> str:
    if isinstance(value, str):
        return value
    given = value["Fn::Sub"]
    text, variables = (given, {}) if isinstance(given, str) else given
    known = {name: _text(template, each, scope) for name, each in variables.items()}
    known |= {"AWS::Region": scope.region, "AWS::AccountId": scope.account}

    def put_in(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith("!"):  # CloudFormation's escape for a literal placeholder
            return f"${{{name[1:]}}}"
        if name in known:
            return known[name]
        logical_id, _, attribute = name.partition(".")
        if attribute == "Arn" and template.resources.get(logical_id, {}).get("Type") in ALARMS:
            return alarm_arn(template, logical_id, scope)
        raise ValueError(f"${{{name}}} in the dashboard: teach it to this reader of templates")

    return re.sub(r"\$\{([^}]+)\}", put_in, text)
