"""The live page in a real browser, while the account changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from fargatecount.adapters.page_server import serving
from fargatecount.errors import UnavailableError
from fargatecount.report.page.document import Page
from fargatecount.report.page.live import SLOWLY, Live
from tests.browser.conftest import DESKTOP, PHONE
from tests.support.builders import HOUR, WEB
from tests.support.page_sources import Paged
from tests.support.pages import HOSTILE

Open = Callable[..., Any]
REFRESH = 200
"""Milliseconds: the browser asks oftener than for people, so that the test takes no longer than it must."""
WINDOWS = pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
PATIENCE = 20_000
"""Milliseconds until a change must be on the page, on a busy machine."""


class Shown:
    """An account, and the page that shows it."""

    def __init__(self) -> None:
        self.here = Paged()
        self.here.start("t0")
        self.here.account.reconcile()
        self.trouble: Exception | None = None
        self.url = ""
        self._live = Live(self.here.sources, self.here.clock, HOUR, refresh=REFRESH)

    def look(self) -> Page:
        if self.trouble is not None:
            raise self.trouble
        self.here.clock.advance(1_000)
        return self._live.look()


@pytest.fixture
def shown() -> Iterator[Shown]:
    found = Shown()
    with serving(found.look) as found.url:
        yield found


def reads(page: Any, selector: str, text: str) -> None:
    """Wait until people read that text there."""
    page.tab.wait_for_function(
        "([selector, text]) => document.querySelector(selector)?.innerText.includes(text)", arg=[selector, text], timeout=PATIENCE
    )


@WINDOWS
def test_the_three_views_follow_the_counters(opened: Open, shown: Shown, viewport: Any) -> None:
    """Tasks that start are on the page without anybody's doing: in the big number, the stack, the lines and the numbers."""
    page = opened(shown.url, viewport=viewport)
    assert (page.text("#running"), page.text("#complete")) == ("1", "✓ every cluster is counted")
    shown.here.start("t1", "t2")
    reads(page, "#running", "3")
    reads(page, ".legend", "ECS-web\n3")
    assert page.ink() > 2
    page.choose("lines")
    shown.here.start("t3", "t4")
    reads(page, ".legend", "ECS-web\n5")
    assert page.ink() > 2
    page.choose("numbers")
    shown.here.start("t5")
    reads(page, ".tile.all", "6")
    assert page.tab.locator('[data-choice="numbers"]').get_attribute("aria-pressed") == "true"
    assert page.overflow() == 0


def test_every_question_goes_to_where_the_page_came_from(opened: Open, shown: Shown) -> None:
    """The loopback address, and no other host."""
    page = opened(shown.url)
    shown.here.start("t1")
    reads(page, "#running", "2")
    asked = {(urlsplit(url).netloc, urlsplit(url).path) for url in page.requests if not url.startswith("data:")}
    assert asked == {(urlsplit(shown.url).netloc, "/"), (urlsplit(shown.url).netloc, "/page.json")}


def test_a_cluster_that_becomes_unreadable_is_told_with_its_last_counts(opened: Open, shown: Shown) -> None:
    """The big number keeps them as an estimate, and says that it is not all known."""
    page = opened(shown.url)
    shown.here.account.ecs.deny(WEB)
    shown.here.account.reconcile()
    reads(page, "#complete", "not complete")
    assert "ECS-web" in page.text("#unreadable")
    assert page.text("#running") == "~1"


def test_a_hostile_name_that_comes_later_is_text_too(opened: Open, shown: Shown) -> None:
    """The service's name arrives in an answer, and not in the file."""
    page = opened(shown.url)
    shown.here.start("t1", group=f"service:{HOSTILE}")
    shown.here.clock.advance(SLOWLY)
    reads(page, "#services", "<img src=x onerror=alert(2)>")
    assert page.tab.locator("img").count() == 0


def test_numbers_that_are_not_up_to_date_say_so(opened: Open, shown: Shown) -> None:
    """With the reason and the remedy, until they are again; the last known ones stay."""
    page = opened(shown.url)
    shown.trouble = UnavailableError("the table did not answer", remedy="check the network")
    reads(page, "#failure", "the table did not answer")
    assert "check the network" in page.text("#failure")
    assert "not up to date since" in page.text("#when")
    assert page.text("#running") == "1"
    shown.trouble = None
    shown.here.start("t1")
    reads(page, "#running", "2")
    assert page.tab.locator("#failure").count() == 0
    # The browser itself notes each answer that was a refusal.
    assert {text for text in page.complaints if "503" not in text} == set()
    page.complaints.clear()
