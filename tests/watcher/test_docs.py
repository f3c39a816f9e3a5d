"""docs/watcher.md names every option and metric, and no others."""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry

from tests.support.fakes import FakeClock
from tests.watcher.image import ROOT
from watcher.__main__ import parser
from watcher.health import Health

PAGE = (ROOT / "docs" / "watcher.md").read_text()


def test_every_option_is_on_the_page() -> None:
    """The page lists the options of the command line."""
    options = {option for action in parser()._actions for option in action.option_strings if option.startswith("--")}
    assert set(re.findall(r"^\| `(--[a-z-]+)", PAGE, re.MULTILINE)) == options - {"--help"}


def test_every_metric_is_on_the_page() -> None:
    """The page lists the metrics that are served."""
    registry = CollectorRegistry()
    Health(FakeClock(), registry)
    served = {f"{family.name}_total" if family.type == "counter" else family.name for family in registry.collect()}
    assert set(re.findall(r"^\| `(fargatecount_watcher_[a-z_]+)`", PAGE, re.MULTILINE)) == served
