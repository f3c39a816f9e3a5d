"""The page on metrics equals the code, and the code publishes the whole catalog."""

from __future__ import annotations

import re

import pytest

from fargatecount.metrics import catalog
from fargatecount.metrics.series import Metric
from tests.rules.tracked import ROOT, modules
from tools.metrics_page import PAGE, page

DECLARED = {name: value for name, value in vars(catalog).items() if isinstance(value, Metric)}
PUBLISHING = "\n".join((ROOT / path).read_text() for path in modules("fargatecount", "handlers") if path.name != "catalog.py")


def test_the_page_is_the_table() -> None:
    """docs/metrics.md equals the table of metrics and the bill; `python -m tools.metrics_page` writes it."""
    assert PAGE.read_text() == page()


def test_every_metric_is_in_the_table() -> None:
    """A metric that is declared in the catalog is a row of `METRICS`, once."""
    assert sorted(map(id, catalog.METRICS)) == sorted(map(id, DECLARED.values()))


@pytest.mark.parametrize("name", DECLARED)
def test_every_metric_is_published(name: str) -> None:
    """A metric of the catalog is used by a module that publishes it: an entry without points is a broken promise."""
    assert re.search(rf"\bcatalog\.{name}\b|\bimport\b[^\n]*\b{name}\b", PUBLISHING)
