"""The page as a file."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import msgspec
import pytest

from fargatecount.report.page.document import Page
from fargatecount.report.page.one_file import inert, part
from fargatecount.report.page.render import PACKAGE, SCRIPTS, STYLES, html
from tests.support.pages import HOSTILE, a_day


class Elements(HTMLParser):
    """What a browser without scripting finds in a file: elements with their attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._within = tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._within, []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def hostile() -> Page:
    return a_day(hostile=True)


def test_the_document_comes_back_as_it_was(hostile: Page) -> None:
    """The JSON in the file is the document to the letter, however names are spelled."""
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html(hostile), re.DOTALL)
    assert json.loads(text) == json.loads(msgspec.json.encode(hostile))
    assert HOSTILE in json.dumps(json.loads(text), ensure_ascii=False).replace('\\"', '"')


def test_nothing_that_somebody_named_is_markup(hostile: Page) -> None:
    """The file has as many elements of each kind as it has with harmless names, and no picture."""
    ours = [tag for tag, _ in Elements(html(a_day())).found]
    assert [tag for tag, _ in Elements(html(hostile)).found] == ours
    assert "img" not in ours


@pytest.mark.parametrize("character", ["<", ">", "&", "\u2028", "\u2029"])
def test_the_data_has_no_character_that_a_script_element_minds(hostile: Page, character: str) -> None:
    """Neither a closing tag, nor a comment, nor a line end of old scripts."""
    assert character not in inert(hostile)


def test_a_reader_without_scripts_sees_the_numbers(hostile: Page) -> None:
    """Previews of mail attachments run none: the total, whether it is complete, and the clusters are there, as text."""
    found = Elements(html(hostile))
    cells = found.texts["td"]
    assert {"ECS-web", f"ECS-{HOSTILE}", "unreadable: eks:AccessDenied: cannot list pods"} <= set(cells)
    assert any("128 running" in text and "Not complete: EKS-prod is unreadable" in text for text in found.texts["p"])


def test_the_policy_lets_nothing_run_but_what_is_in_the_file() -> None:
    """Scripts and styles are allowed by their hashes, each of them, and no address is."""
    text = html(a_day())
    policy = next(str(meta["content"]) for meta in Elements(text).all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    blocks = re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", text, re.DOTALL)
    assert len(blocks) == len(SCRIPTS) + len(STYLES)
    for block in blocks:
        assert f"'sha256-{b64encode(sha256(block.encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    assert not re.search(r"unsafe|https?:|\*", policy)


def test_only_a_live_page_may_ask_and_only_where_it_came_from() -> None:
    """A file sends no requests."""
    assert "connect-src &#x27;self&#x27;" in html(a_day(refresh_ms=3_000))


def test_no_element_leads_outside() -> None:
    """Neither link nor source has an address."""
    elements = Elements(html(a_day())).found
    addresses = [value for _, attributes in elements for name, value in attributes.items() if name in {"src", "href", "action"}]
    assert addresses == ["data:,"]


def test_the_parts_may_stand_in_a_page() -> None:
    """No script or style ends its own element, or opens a comment."""
    for name in (*SCRIPTS, *STYLES):
        assert not re.search(r"</(script|style)|<!--", part(PACKAGE, name), re.IGNORECASE), name


def test_the_licence_goes_where_the_code_goes() -> None:
    """The text of uPlot's license is in every file."""
    assert part(PACKAGE, "uplot/LICENSE").strip() in html(a_day())


def test_the_file_of_a_day_is_small_enough_for_a_mail() -> None:
    """Scripts and a day of five clusters are under 200 kB."""
    assert len(html(a_day()).encode()) < 200_000
