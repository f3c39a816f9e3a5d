"""The pages as a site: each has its place, and each link leads somewhere. `make docs` builds it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.rules.tracked import ROOT, tracked

PAGES = [path for path in tracked() if path.suffix == ".md" and (path.parts[0] == "docs" or len(path.parts) == 1)]
DECISIONS = sorted(path for path in PAGES if path.parts[:2] == ("docs", "adr") and path.name[0].isdigit())
NAV = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
FROM_THE_ROOT = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "SECURITY.md": "SECURITY.md",
}
LINK = re.compile(r"(?<=\]\()([^)\s#]+)(?:#[^)\s]*)?(?=\))")


def test_every_page_has_its_place_in_the_sidebar() -> None:
    """Each page under version control is in the nav of mkdocs.yml once; tools/site.py adds the decisions."""
    placed = re.findall(r"([\w/.-]+\.md)$", NAV, re.MULTILINE)
    expected = [FROM_THE_ROOT.get(str(path)) or str(path.relative_to("docs")) for path in PAGES if path not in DECISIONS]
    assert sorted(placed) == sorted(expected)


def test_every_decision_is_listed_with_its_title() -> None:
    """docs/adr/README.md lists each decision under its number and its own title."""
    titles = [(ROOT / path).read_text().partition("\n")[0].removeprefix("# ") for path in DECISIONS]
    expected = [
        f"{title.partition(' ')[0]} [{title.partition(' ')[2]}]({path.name})" for title, path in zip(titles, DECISIONS, strict=True)
    ]
    assert re.findall(r"^\d+\. .*$", (ROOT / "docs" / "adr" / "README.md").read_text(), re.MULTILINE) == expected


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_a_link_leads_to_a_file(path: object) -> None:
    """Each relative link of a page names a file or folder that exists."""
    page = ROOT / str(path)
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_schema_is_on_the_page() -> None:
    """docs/json.md links to the schema of every document."""
    linked = re.findall(r"\]\(schemas/([\w-]+\.json)\)", (ROOT / "docs" / "json.md").read_text())
    assert sorted(linked) == sorted(path.name for path in tracked() if path.parent == Path("docs/schemas"))
