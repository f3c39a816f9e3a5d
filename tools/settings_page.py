"""docs/settings.md, generated from serverless.yml and infra/parameters.yml: `python -m tools.settings_page` writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "settings.md"
MEMBER, HUB = ROOT / "infra" / "parameters.yml", ROOT / "infra" / "hub" / "parameters.yml"

HEAD = """# Settings

Every setting of a deployment. Each is a **parameter** of one CloudFormation template, so it means the same wherever it comes from:

| way | how a setting is given |
|---|---|
| osls | `npx osls deploy --param="armed=true"`, or a line in `serverless.yml` under `params`, for all stages or for one |
| CloudFormation (console, CLI, StackSet, Terraform) | parameter `Armed`: the setting's name with a capital first letter |

A value out of its limits is refused before anything is changed: by osls while it packages, by CloudFormation when it reads the parameters.
CloudFormation cannot compare two parameters, and knows no whole numbers; where only it checks, the functions refuse such a value with a
message in their log, and the alarm `liveness` pages.

Two settings of osls are no parameters. `prefix` is the first part of the stack's name, which is `<prefix>-<stage>`; the functions, alarms
and the dashboard are named after the stack. `tags` are the tags of the stack and of everything in it.

This page is generated (`python -m tools.settings_page`), and a test keeps it equal to the template.
"""


@dataclass(frozen=True)
class Setting:
    """One setting: its name in serverless.yml, the parameter that it becomes, its default, and why."""

    name: str
    parameter: str
    default: str
    reason: str
    limits: str


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_tables()])


def settings() -> dict[str, Setting]:
    """Return every setting that is a parameter, by the name of the parameter."""
    defaults, reasons = written()
    parameters = declared()["Parameters"]
    return {name: _setting(name, body, defaults, reasons) for name, body in parameters.items() if setting_of(name) in defaults}


def declared(file: Path = MEMBER) -> dict[str, Any]:
    """Return infra/parameters.yml, or that of the hub."""
    found: dict[str, Any] = yaml.safe_load(file.read_text())
    return found


def written() -> tuple[dict[str, str], dict[str, str]]:
    """Return the default of each setting in serverless.yml, and the comment above it as one line."""
    lines = (ROOT / "serverless.yml").read_text().splitlines()
    start = lines.index("  default:") + 1
    end = lines.index("  local:")
    defaults, reasons, comment = {}, {}, []
    for line in lines[start:end]:
        if match := re.match(r"    # (.*)", line):
            comment.append(match[1])
        elif match := re.match(r"    (\w+):(.*)", line):
            value = yaml.safe_load(match[2])
            defaults[match[1]] = "" if value is None else str(value)
            reasons[match[1]] = " ".join(comment)
            comment = []
    return defaults, reasons


def setting_of(parameter: str) -> str:
    """Return the name in serverless.yml of a parameter."""
    return parameter[0].lower() + parameter[1:]


def parameter_of(setting: str) -> str:
    """Return the parameter of a setting."""
    return setting[0].upper() + setting[1:]


def _setting(parameter: str, body: Mapping[str, Any], defaults: Mapping[str, str], reasons: Mapping[str, str]) -> Setting:
    name = setting_of(parameter)
    reason = reasons[name]
    if reason == "See above.":
        reason = body["Description"]
    return Setting(name, parameter, defaults[name], reason, body["ConstraintDescription"])


def _tables() -> Iterator[str]:
    found = settings()
    for group in declared()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]:
        yield f"## {group['Label']['default']}"
        yield ""
        yield "| setting | parameter | default | what it is, and why this default | accepted |"
        yield "|---|---|---|---|---|"
        for one in (found[name] for name in group["Parameters"] if name in found):
            default = f"`{one.default}`" if one.default else "empty"
            cells = (f"`{one.name}`", f"`{one.parameter}`", default, one.reason, one.limits)
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        yield ""


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"wrote {PAGE}")
