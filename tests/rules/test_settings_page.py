"""The page on settings equals the template, and every setting is a parameter with a form, a place in the console and a reason."""

from __future__ import annotations

import re

from tests.rules.tracked import ROOT
from tools.settings_page import PAGE, declared, page, parameter_of, setting_of, settings, written

PARAMETERS = declared()["Parameters"]
INTERFACE = declared()["Metadata"]["AWS::CloudFormation::Interface"]
OF_THE_STACK = {"prefix", "tags"}
"""Settings that name and tag the stack: no parameter could."""


def test_the_page_is_the_template() -> None:
    """docs/settings.md equals serverless.yml and infra/parameters.yml; `python -m tools.settings_page` writes it."""
    assert PAGE.read_text() == page()


def test_every_setting_is_a_parameter() -> None:
    """serverless.yml and infra/parameters.yml name the same settings; only the stage is not one of them."""
    assert {parameter_of(name) for name in written()[0] if name not in OF_THE_STACK} == set(PARAMETERS) - {"Stage"}


def test_every_setting_says_what_it_is() -> None:
    """Each setting in serverless.yml has a comment with its reason above it."""
    defaults, reasons = written()
    assert len(defaults) > 10
    assert not [name for name in defaults if not reasons[name]]


def test_every_parameter_says_what_it_accepts() -> None:
    """Each has a description and a constraint, with the words for the error."""
    for name, body in PARAMETERS.items():
        assert body["Description"].endswith("."), name
        assert body["ConstraintDescription"], name
        assert {"AllowedValues", "AllowedPattern", "MinValue"} & set(body), name


def test_every_parameter_has_its_place_in_the_console() -> None:
    """Each is in one group and has a label."""
    grouped = [name for group in INTERFACE["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(PARAMETERS)
    assert set(INTERFACE["ParameterLabels"]) == set(PARAMETERS)


def test_every_parameter_is_used() -> None:
    """No setting is left without effect: the template refers to each."""
    text = "\n".join(
        file.read_text() for file in [ROOT / "serverless.yml", *(ROOT / "infra").glob("*.yml")] if file.name != "parameters.yml"
    )
    assert [name for name in PARAMETERS if not re.search(rf"!Ref {name}\b|\$\{{{name}\}}", text)] == []


def test_the_template_knows_its_defaults_from_the_settings_alone() -> None:
    """No parameter has a default of its own, which could differ from the one in serverless.yml."""
    assert [name for name, body in PARAMETERS.items() if "Default" in body] == []


def test_settings_are_named_as_their_parameters() -> None:
    """The first letter alone differs, so that either name leads to the other."""
    assert all(setting_of(name) == one.name and parameter_of(one.name) == name for name, one in settings().items())
