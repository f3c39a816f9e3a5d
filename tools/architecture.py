"""The drawing of the packages by floor in docs/architecture.md: `python -m tools.architecture` draws it again from the import contracts."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
BEGIN = "<!-- floors: written by `python -m tools.architecture` from pyproject.toml -->"
END = "<!-- end of floors -->"
PACKAGE = "fargatecount"
EDGES = ("handlers", "watcher", "taskstats", "local")
"""Top-level packages beside `fargatecount`: they stand on the floor of its `cli`."""


def floors() -> list[list[str]]:
    """Return the members of every floor, top floor first: from the exhaustive layers contract over `fargatecount`.

    Raises:
        ValueError: pyproject.toml has no such contract, or more than one.
    """
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (contract,) = [each for each in settings["contracts"] if each["type"] == "layers" and each.get("containers") == [PACKAGE]]
    found = [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]
    return [[*found[0], *EDGES], *found[1:]]


def drawing() -> str:
    """Return the floors as a Mermaid flow chart in which every arrow is a permitted direction of imports."""
    return "\n".join(["```mermaid", *_chart(floors()), "```"])


def _chart(members: list[list[str]]) -> Iterator[str]:
    yield "flowchart TD"
    for number, names in zip(range(len(members), 0, -1), members, strict=True):
        yield f'    floor{number}["{number}: {" · ".join(names)}"]'
    chain = " --> ".join(f"floor{number}" for number in range(len(members), 0, -1))
    yield f"    {chain}"


def with_drawing(page: str) -> str:
    """Return a page with the current drawing between the markers.

    Raises:
        ValueError: a marker is missing.
    """
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        message = f"{PAGE.name} lacks the lines {BEGIN!r} and {END!r}: put them where the drawing belongs"
        raise ValueError(message)
    return f"{before}{BEGIN}\n\n{drawing()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_drawing(PAGE.read_text()))
