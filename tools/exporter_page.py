"""The table of metrics in docs/exporter.md, and docs/openapi.json: `python -m tools.exporter_page` writes both anew from the code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import fargatecount
from fargatecount.exporter.catalog import FAMILIES
from fargatecount.exporter.openapi import description

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "exporter.md"
DESCRIPTION = DOCS / "openapi.json"
BEGIN = "<!-- families: written by `python -m tools.exporter_page` from the catalog -->"
END = "<!-- end of families -->"


def with_families(page: str) -> str:
    """Return a page with the present table between the markers.

    Raises:
        ValueError: a marker is missing.
    """
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        message = f"{PAGE.name} lacks the lines {BEGIN!r} and {END!r}: put them where the table belongs"
        raise ValueError(message)
    return f"{before}{BEGIN}\n\n" + "\n".join(_table()) + f"\n\n{END}{after}"


def description_text() -> str:
    """Return the content of docs/openapi.json."""
    return json.dumps(description(fargatecount.__version__), indent=2, ensure_ascii=False) + "\n"


def _table() -> Iterator[str]:
    yield "| metric | labels | meaning |"
    yield "|---|---|---|"
    for family in FAMILIES:
        yield f"| `{family.name}` | {', '.join(f'`{label}`' for label in family.labels) or 'none'} | {family.meaning} |"


if __name__ == "__main__":
    PAGE.write_text(with_families(PAGE.read_text()))
    DESCRIPTION.write_text(description_text())
