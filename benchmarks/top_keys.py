"""How fast `fargatecount top` answers a key, with 500 clusters and 5,000 services of two tasks each, beside 3 clusters with 12 services."""

from __future__ import annotations

import asyncio
import statistics
import time

from fargatecount.cli.top_lines import Lines
from fargatecount.cli.top_screen import TopApp
from tests.support.top_shop import shop

KEYS = ("2", "3", "s", "s", "r", "end", "pageup", "home", "down", "1", "enter", "escape", "5", "4")
BOUND = 0.1
"""Seconds: an answer within a tenth of a second is taken for immediate (https://www.nngroup.com/articles/response-times-3-important-limits/)."""


async def answers(clusters: int, services: int) -> list[float]:
    """Return the seconds from each key until the screen has been drawn again."""
    reader = shop(clusters, services)
    snapshot = reader.read()
    app = TopApp(lambda: snapshot, period=3600)
    taken = []
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.5)
        assert app.query_one(Lines).current is not None
        for key in KEYS:
            begun = time.perf_counter()
            await pilot.press(key)
            taken.append(time.perf_counter() - begun)
    return taken


def main() -> None:
    """Print a line for each size."""
    for clusters, services in ((3, 12), (500, 5_000)):
        taken = asyncio.run(answers(clusters, services))
        print(
            f"{clusters} clusters, {services} services: median {statistics.median(taken) * 1000:.0f} ms,"
            f" slowest {max(taken) * 1000:.0f} ms ({KEYS[taken.index(max(taken))]})"
        )


if __name__ == "__main__":
    main()
