"""`python -m tools.screenshots [report|dashboard|terminal …]`: the pictures in docs/images, drawn anew by the machine's Chromium.

`report` is the page of a made-up day, `dashboard` what infra/dashboard.yml deploys with the same day in it, and `terminal` what real
commands print against the real deployment in an embedded AWS, which takes half a minute. Without a name it draws all.
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
from tests.support.pages import a_day
from tools import terminal
from tools.dashboard.page import height_of
from tools.dashboard.picture import SETTINGS, picture

IMAGES = Path(__file__).parents[1] / "docs" / "images"
# Name, window, colours, and the view to click on.
REPORTS = (
    ("report-desktop", (1100, 1290), "light", "stacked"),
    ("report-dark", (1100, 930), "dark", "lines"),
    ("report-phone", (390, 1180), "light", "stacked"),
    ("report-numbers", (1100, 820), "light", "numbers"),
)
SHARP = 1.5
"""Pixels of a picture for each of the page's: its letters are small where it is shown. Twice as many make a file of twice the size."""
ROWS = 25
"""Of the dashboard's grid: the alarms, the quota, and who runs what in the three views of the origin tool."""


def main(names: Sequence[str]) -> int:
    """Draw these pictures, or all; 1 where there is no browser, 2 for a name that is none."""
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
    for name, (width, height), colours, view in REPORTS:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=colours)
        tab = context.new_page()
        tab.goto(address)
        tab.click(f'[data-choice="{view}"]')
        tab.mouse.move(0, 0)
        tab.screenshot(path=IMAGES / f"{name}.png")
        context.close()


def draw_dashboard(browser: Any, directory: Path) -> None:
    """Draw the dashboard of a deployment: the whole, and sharper its upper part."""
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
