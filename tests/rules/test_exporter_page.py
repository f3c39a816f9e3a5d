"""The page on the exporter equals the code, and the code exports the whole catalog."""

from __future__ import annotations

import json
import re

import pytest

from fargatecount.exporter import catalog
from fargatecount.exporter.family import Family
from tests.rules.tracked import ROOT, modules
from tools.exporter_page import DESCRIPTION, PAGE, description_text, with_families
from tools.grafana import SCOPE, expressions, text

DECLARED = {name: value for name, value in vars(catalog).items() if isinstance(value, Family)}
EXPORTING = "\n".join((ROOT / path).read_text() for path in modules("fargatecount") if path.name != "catalog.py")


def test_the_page_has_the_present_table() -> None:
    """docs/exporter.md equals the catalog; `python -m tools.exporter_page` writes it."""
    assert PAGE.read_text() == with_families(PAGE.read_text())


def test_the_description_is_the_present_one() -> None:
    """docs/openapi.json is what the exporter serves."""
    assert DESCRIPTION.read_text() == description_text()


def test_every_family_is_in_the_table() -> None:
    """A family that is declared is a row of `FAMILIES`, once."""
    assert sorted(map(id, catalog.FAMILIES)) == sorted(map(id, DECLARED.values()))


@pytest.mark.parametrize("name", DECLARED)
def test_every_family_is_exported(name: str) -> None:
    """A family of the catalog is used by a module that makes samples of it."""
    assert re.search(rf"\bcatalog\.{name}\b", EXPORTING)


def test_the_dashboard_is_the_present_one() -> None:
    """infra/grafana/scope.json is what `python -m tools.grafana` writes."""
    assert SCOPE.read_text() == text()


def test_the_dashboard_uses_metrics_of_the_exporter_only() -> None:
    """A name that does not exist gives an empty panel."""
    used = {name for expression in expressions(json.loads(SCOPE.read_text())) for name in re.findall(r"\bfargatecount_\w+", expression)}
    assert used <= {family.name for family in catalog.FAMILIES}
