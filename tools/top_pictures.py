"""Pictures of `fargatecount top` for the docs, of an account in memory: `python -m tools.top_pictures` draws docs/images/top-*.svg anew."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from fargatecount.cli.top_screen import TopApp
from tests.support.fakes import FakeClock
from tests.support.top_shop import shop

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
TOUR = {"clusters": (), "services": ("2",), "task": ("3", "enter"), "owners": ("6",), "hanging": ("7",)}
"""Picture, and the keys that lead to it."""
SIZE = (100, 24)


async def draw(name: str, keys: tuple[str, ...]) -> None:
    """Write one picture."""
    app = TopApp(shop(12, 60, clock=FakeClock()).read, period=3600)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(1.0)
        for key in keys:
            await pilot.press(key)
        await pilot.pause(0.5)
        svg = app.export_screenshot(title="fargatecount top", simplify=True)
    # The picture would load its fonts from a content network; without them the reader's own are used.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    (FOLDER / f"top-{name}.svg").write_text("\n".join(line.rstrip() for line in svg.splitlines() if line.strip()) + "\n")


if __name__ == "__main__":
    for picture, pressed in TOUR.items():
        asyncio.run(draw(picture, pressed))
