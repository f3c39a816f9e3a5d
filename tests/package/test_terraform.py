"""The Terraform module, read by a parser of its language: terraform itself does not run here."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
import pytest

from fargatecount.stack.artifact import CODE_BUCKET, CODE_KEY
from tests.package.artefact import ROOT, Artefact
from tools.settings_page import declared, settings
from tools.terraform_module import TARGET, text, variable_of

MODULE = ROOT / "infra" / "terraform"
PARAMETERS = declared()["Parameters"]


@cache
def parsed(name: str) -> dict[str, Any]:
    with (MODULE / name).open() as file:
        found: dict[str, Any] = hcl2.load(file)
    return found


def plain(value: Any) -> Any:
    """Return a parsed value without the quotes and the marks of the parser."""
    if isinstance(value, str):
        return value.strip('"').removeprefix("${").removesuffix("}")
    return value


def blocks(name: str, kind: str) -> dict[str, dict[str, Any]]:
    return {plain(label): body for one in parsed(name).get(kind, []) for label, body in one.items() if not label.startswith("__")}


def test_the_variables_are_those_of_the_template() -> None:
    """variables.tf equals the template's parameters; `python -m tools.terraform_module` writes it."""
    assert TARGET.read_text() == text()


@pytest.mark.parametrize("path", sorted(MODULE.glob("*.tf")), ids=lambda path: path.name)
def test_every_file_is_terraform(path: Path) -> None:
    """Each file can be parsed."""
    assert parsed(path.name)


def test_every_setting_is_a_typed_variable_with_a_description() -> None:
    """Besides the files, the name and the tags, the variables are exactly the settings."""
    found = blocks("variables.tf", "variable")
    assert set(found) == {variable_of(name) for name in settings()} | {"template_file", "code_file", "stack_name", "tags"}
    assert all(body.get("type") and body.get("description") for body in found.values())


def test_every_parameter_gets_a_value() -> None:
    """What is passed to CloudFormation are the parameters of the template and the place of the code, and only those."""
    block = TARGET.read_text().split("locals {")[1]
    assert set(re.findall(r"^    (\w+) +=", block, re.MULTILINE)) == (set(PARAMETERS) - {"Stage"}) | {CODE_BUCKET, CODE_KEY}


def test_every_variable_that_is_used_exists() -> None:
    """No reference leads nowhere, and no variable is left without effect."""
    used = {name for path in MODULE.glob("*.tf") for name in re.findall(r"\bvar\.(\w+)", path.read_text())}
    assert used == set(blocks("variables.tf", "variable"))


def test_every_output_is_one_of_the_stack(prod: Artefact) -> None:
    """A name that the template does not have would fail a plan only after the deployment."""
    named = set(re.findall(r'outputs(?:\["(\w+)"\]|, "(\w+)")', (MODULE / "outputs.tf").read_text()))
    outputs = {one or other for one, other in named}
    assert len(outputs) > 5
    assert outputs <= set(prod.template.raw["Outputs"])


def test_a_pattern_means_the_same_in_terraform() -> None:
    """Terraform's regular expressions know no look ahead: such a limit is left to CloudFormation, every other is checked in the plan."""
    unchecked = {name for name, body in blocks("variables.tf", "variable").items() if "validation" not in body}
    booleans = {variable_of(name) for name, body in PARAMETERS.items() if body.get("AllowedValues") == ["true", "false"]}
    assert unchecked == booleans | {"limits", "region_prices", "namespace", "template_file", "code_file", "stack_name", "tags"}
    assert json.dumps(PARAMETERS["RolePath"]["AllowedPattern"]) in TARGET.read_text()
