"""`python -m tools.screenshots [report|dashboard|terminal …]`: draws the pictures in docs/images with the machine's Chromium.

`report` is the page of a made-up day, `dashboard` the dashboard of infra/dashboard.yml with the same day, and `terminal` the output of real
commands against the real deployment in an embedded AWS, which takes half a minute. Without a name it draws all.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fargatecount.report.page.render import html
from tests.browser import chromium
from tests.package.artefact import package
from tests.support.large_page import a_quarter
from tests.support.pages import a_day
from tools import terminal
from tools.dashboard.page import height_of
from tools.dashboard.picture import SETTINGS, picture

IMAGES = Path(__file__).parents[1] / "docs" / "images"
# Name, window, color scheme, and the view to click on.
REPORTS = (
    ("report-desktop", (1100, 1290), "light", "stacked"),
    ("report-dark", (1100, 930), "dark", "lines"),
    ("report-phone", (390, 1180), "light", "stacked"),
    ("report-numbers", (1100, 820), "light", "numbers"),
)
HISTORY = ("past", "timeline", "movers", "reasons", "spot", "launches", "spent")
"""The cards of the history, from the first to the last."""
SHARP = 1.5
"""Pixels of the picture per pixel of the page: its letters are small where it is shown. At 2 the file is twice as large."""
ROWS = 25
"""Rows of the dashboard's grid: the alarms, the quota, and the running workloads in the three views of the original script."""


def main(names: Sequence[str]) -> int:
    """Draw these pictures, or all; return 1 without a browser, 2 for an unknown name."""
    path = chromium.executable()
    if path is None:
        sys.stderr.write("no Chromium: install one (apt-get install chromium), or name it in FARGATECOUNT_CHROMIUM\n")
        return 1
    unknown = set(names) - set(DRAWINGS)
    if unknown:
        sys.stderr.write(f"no pictures are called {', '.join(sorted(unknown))}; there are {', '.join(DRAWINGS)}\n")
        return 2
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, chromium.running(path) as browser:
        for name in names or DRAWINGS:
            DRAWINGS[name](browser, Path(directory))
    return 0


def draw_reports(browser: Any, directory: Path) -> None:
    """Draw the page, as large as its windows."""
    address = written(directory / "report.html", html(a_day()))
    for name, (width, height), colors, view in REPORTS:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=colors)
        tab = context.new_page()
        tab.goto(address)
        tab.click(f'[data-choice="{view}"]')
        tab.mouse.move(0, 0)
        tab.screenshot(path=IMAGES / f"{name}.png")
        context.close()
    address = written(directory / "week.html", html(a_quarter(30, days=6)))
    context = browser.new_context(viewport={"width": 1100, "height": 900}, color_scheme="light")
    tab = context.new_page()
    tab.goto(address)
    tab.screenshot(path=IMAGES / "report-incident.png")
    boxes = [tab.locator(f"#{card}").bounding_box() for card in HISTORY]
    top, bottom = boxes[0]["y"] - 16, boxes[-1]["y"] + boxes[-1]["height"] + 16
    tab.screenshot(path=IMAGES / "report-history.png", full_page=True, clip={"x": 0, "y": top, "width": 1100, "height": bottom - top})
    context.close()


def draw_dashboard(browser: Any, directory: Path) -> None:
    """Draw the dashboard of a deployment: all of it, and its upper part in a higher resolution."""
    template = package(directory, "dashboard", "prod", SETTINGS).template
    address = written(directory / "dashboard.html", picture(template))
    for name, sharp, rows in (("dashboard", 1.0, None), ("dashboard-top", SHARP, ROWS)):
        context = browser.new_context(device_scale_factor=sharp)
        tab = context.new_page()
        tab.goto(address)
        box = tab.locator("main").bounding_box()
        clip = box if rows is None else {**box, "height": height_of(rows)}
        tab.screenshot(path=IMAGES / f"{name}.png", full_page=True, clip=clip)
        context.close()


def draw_terminal(browser: Any, directory: Path) -> None:
    """Draw the terminal, with nothing around its frame."""
    address = written(directory / "terminal.html", terminal.page())
    context = browser.new_context(viewport={"width": 1280, "height": 900}, device_scale_factor=SHARP)
    tab = context.new_page()
    tab.goto(address)
    tab.locator("main").screenshot(path=IMAGES / "terminal.png", omit_background=True)
    context.close()


def written(file: Path, page: str) -> str:
    """Write a page and return its address."""
    file.write_text(page, encoding="utf-8")
    return file.as_uri()


DRAWINGS: dict[str, Callable[[Any, Path], None]] = {"report": draw_reports, "dashboard": draw_dashboard, "terminal": draw_terminal}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
