"""A real browser, and what it says while a page is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fargatecount.report.page.document import Page
from fargatecount.report.page.render import html
from tests.browser import chromium

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Return the machine's Chromium."""
    path = chromium.executable()
    if path is None:
        pytest.skip("no Chromium: install one (apt-get install chromium), or name it in FARGATECOUNT_CHROMIUM")
    with chromium.running(path) as found:
        yield found


class Opened:
    """A page that is open, with everything that the browser asked for and complained of."""

    def __init__(self, tab: Any) -> None:
        self.tab = tab
        self.requests: list[str] = []
        self.complaints: list[str] = []
        tab.on("request", lambda request: self.requests.append(request.url))
        tab.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.on("dialog", self._dismiss)

    def _dismiss(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def text(self, selector: str) -> str:
        """Return what people read there."""
        return str(self.tab.inner_text(selector))

    def choose(self, value: str) -> None:
        """Click on a view or a measure."""
        self.tab.click(f'[data-choice="{value}"]')

    def ink(self) -> int:
        """Return how many colors the chart has, as far as a few thousand of its pixels show: an empty canvas has one."""
        return int(self.tab.evaluate(INK))

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        return int(self.tab.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def style(self, selector: str, name: str) -> str:
        """Return a computed style."""
        return str(self.tab.eval_on_selector(selector, "(element, name) => getComputedStyle(element)[name]", name))


INK = """() => {
  const canvas = document.querySelector("#chart canvas");
  if (!canvas) return 0;
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data, colors = new Set();
  for (let i = 0; i < pixels.length; i += 4 * 37) colors.add(pixels[i] + "," + pixels[i + 1] + "," + pixels[i + 2] + "," + pixels[i + 3]);
  return colors.size;
}"""


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Any]]:
    """Return a function that opens an address in a window of its own; at the end nothing may have been complained of."""
    contexts: list[Any] = []
    every: list[Opened] = []

    def open_address(address: str, **settings: Any) -> Opened:
        context = browser.new_context(**{"viewport": DESKTOP, "color_scheme": "light"} | settings)
        contexts.append(context)
        found = Opened(context.new_page())
        every.append(found)
        found.tab.goto(address)
        found.tab.wait_for_selector("#headline")
        return found

    yield open_address
    complaints = [text for each in every for text in each.complaints]
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Page], str]:
    """Return a function that writes a page to a file and returns its address."""

    def write(page: Page) -> str:
        file = tmp_path / "report.html"
        file.write_text(html(page), encoding="utf-8")
        return file.as_uri()

    return write
