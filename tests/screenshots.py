"""`python -m tests.screenshots`: the pictures of the page in docs/images, drawn anew by the machine's Chromium from a made-up day."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from fargatecount.page.render import html
from tests.browser import chromium
from tests.pages import a_day

IMAGES = Path(__file__).parents[1] / "docs" / "images"
# Name, window, colours, and the view to click on.
PICTURES = (
    ("report-desktop", (1100, 1290), "light", "stacked"),
    ("report-dark", (1100, 930), "dark", "lines"),
    ("report-phone", (390, 1180), "light", "stacked"),
    ("report-numbers", (1100, 820), "light", "numbers"),
)


def main() -> int:
    """Draw all pictures; 1 where there is no browser."""
    path = chromium.executable()
    if path is None:
        sys.stderr.write("no Chromium: install one (apt-get install chromium), or name it in FARGATECOUNT_CHROMIUM\n")
        return 1
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, chromium.running(path) as browser:
        file = Path(directory) / "report.html"
        file.write_text(html(a_day()), encoding="utf-8")
        for name, window, colours, view in PICTURES:
            context = browser.new_context(viewport=dict(zip(("width", "height"), window, strict=True)), color_scheme=colours)
            draw(context.new_page(), file.as_uri(), view, IMAGES / f"{name}.png")
            context.close()
    return 0


def draw(tab: Any, address: str, view: str, target: Path) -> None:
    """Draw one picture, as large as the window."""
    tab.goto(address)
    tab.click(f'[data-choice="{view}"]')
    tab.mouse.move(0, 0)
    tab.screenshot(path=target)


if __name__ == "__main__":
    sys.exit(main())
