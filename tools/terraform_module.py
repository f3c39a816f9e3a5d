"""The settings as variables of the Terraform module: `python -m tools.terraform_module` writes infra/terraform/variables.tf.

Types and limits are those of infra/parameters.yml, defaults those of serverless.yml, so that a plan refuses what CloudFormation refuses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.settings_page import declared, settings

TARGET = Path(__file__).resolve().parents[1] / "infra" / "terraform" / "variables.tf"
JSON = {"Limits", "RegionPrices"}
"""Settings that are JSON in the template, and values of Terraform here."""

HEAD = """# The variables of the module. The settings are written by `python -m tools.terraform_module` from the template's parameters.

variable "template_file" {
  type        = string
  description = "The template of a release: fargatecount-<version>.template.json."
}

variable "code_file" {
  type        = string
  description = "The functions' code of the same release: fargatecount-<version>.function.zip."
}

variable "stack_name" {
  type        = string
  description = "Name of the stack, and the first part of the names of its functions and alarms."
  default     = "fargatecount-prod"
}

variable "tags" {
  type        = map(string)
  description = "Tags of the stack and of everything in it."
  default     = { application = "fargatecount" }
}
"""


def text() -> str:
    """Return the whole file."""
    parameters = declared()["Parameters"]
    found = {name: parameters[name] for name in sorted(settings())}
    defaults = {name: one.default for name, one in settings().items()}
    blocks = [_variable(name, body, defaults[name]) for name, body in found.items()]
    return "\n".join([HEAD, *blocks, *_locals(found)]) + "\n"


def variable_of(parameter: str) -> str:
    """Return the variable of a parameter: `paging_email` for `PagingEmail`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", parameter).lower()


def _variable(name: str, body: Mapping[str, Any], default: str) -> str:
    lines = [
        f'variable "{variable_of(name)}" {{',
        f"  type        = {_type(name, body)}",
        f"  description = {json.dumps(body['Description'])}",
        f"  default     = {_default(name, body, default)}",
    ]
    if condition := _condition(name, body):
        message = f"{variable_of(name)} must be {body['ConstraintDescription']}."
        lines += ["", "  validation {", f"    condition     = {condition}", f"    error_message = {json.dumps(message)}", "  }"]
    return "\n".join([*lines, "}", ""])


def _type(name: str, body: Mapping[str, Any]) -> str:
    if name in JSON:
        return "any"
    if body["Type"] == "CommaDelimitedList":
        return "list(string)"
    if body["Type"] == "Number":
        return "number"
    return "bool" if body.get("AllowedValues") == ["true", "false"] else "string"


def _default(name: str, body: Mapping[str, Any], default: str) -> str:
    kind = _type(name, body)
    if kind == "list(string)":
        return json.dumps(default.split(",") if default else [])
    return default if kind in {"any", "number", "bool"} else json.dumps(default)


def _condition(name: str, body: Mapping[str, Any]) -> str:
    """Return the limits as an expression; patterns that RE2 lacks (a look ahead) are left to CloudFormation."""
    variable, kind = f"var.{variable_of(name)}", _type(name, body)
    if kind in {"any", "bool"}:
        return ""
    if "AllowedValues" in body:
        values = ", ".join(str(one) if kind == "number" else json.dumps(one) for one in body["AllowedValues"])
        return f"contains([{values}], {variable})"
    if kind == "number":
        whole = f" && floor({variable}) == {variable}" if body["ConstraintDescription"].startswith("a whole number") else ""
        return f"{variable} >= {body['MinValue']} && {variable} <= {body['MaxValue']}{whole}"
    if "(?" in body["AllowedPattern"]:
        return ""
    pattern = json.dumps(body["AllowedPattern"])
    if kind == "list(string)":
        return f"alltrue([for one in {variable} : can(regex({pattern}, one))])"
    return f"can(regex({pattern}, {variable}))"


def _locals(parameters: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    width = max(map(len, [*parameters, "CodeBucket"]))
    yield "locals {"
    yield "  parameters = {"
    for name, body in parameters.items():
        variable, kind = f"var.{variable_of(name)}", _type(name, body)
        value = {"any": f"jsonencode({variable})", "list(string)": f'join(",", {variable})', "string": variable}.get(
            kind, f"tostring({variable})"
        )
        yield f"    {name.ljust(width)} = {value}"
    yield f"    {'CodeBucket'.ljust(width)} = aws_s3_bucket.artifact.id"
    yield f"    {'CodeKey'.ljust(width)} = aws_s3_object.code.key"
    yield "  }"
    yield "}"


if __name__ == "__main__":
    TARGET.write_text(text())
    print(f"wrote {TARGET}")
