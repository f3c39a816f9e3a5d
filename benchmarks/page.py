"""How fast the page opens in Chromium, with 500 clusters, 90 days and 10,000 points in every chart's series together, every card full."""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

from fargatecount.report.page.render import html
from tests.browser import chromium
from tests.support.large_page import a_quarter

TIMES = 7
BOUND = 1_000
"""Milliseconds: up to a second a train of thought is not interrupted (https://www.nngroup.com/articles/response-times-3-important-limits/)."""
TIMED = """async (act) => {
  const begun = performance.now();
  eval(act);
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  return performance.now() - begun;
}"""
"""Runs an action; returns the milliseconds until it has been painted."""
ACTIONS = {
    "a filter of the clusters": "const c = document.querySelector('#cluster'); c.value = 'shop-04'; c.dispatchEvent(new Event('input'))",
    "everything again": "document.querySelector('#everything').click()",
    "seven days of the 90": "const r = document.querySelector('#range'); r.value = '7d'; r.dispatchEvent(new Event('change'))",
    "all 500 clusters": "document.querySelector('#clusters-more').click()",
    "sorted": "document.querySelector('#clusters-title-1').click()",
    "numbers": "document.querySelector('[data-choice=numbers]').click()",
}


def main() -> None:
    """Print a line for each measure."""
    path = chromium.executable()
    assert path is not None, "no Chromium: install one, or name it in FARGATECOUNT_CHROMIUM"
    page = a_quarter()
    points = sum(len(each.vcpu) for each in page.history.series)
    with tempfile.TemporaryDirectory() as directory, chromium.running(path) as browser:
        file = Path(directory) / "page.html"
        file.write_text(html(page), encoding="utf-8")
        print(f"load {os.getloadavg()[0]:.1f}; {len(page.clusters)} clusters, {points} points, {file.stat().st_size / 1e6:.2f} MB")
        for name, size in (("desktop", (1280, 900)), ("phone", (390, 844))):
            taken = []
            for _ in range(TIMES):
                tab = browser.new_context(viewport={"width": size[0], "height": size[1]}).new_page()
                tab.goto(file.as_uri())
                taken.append(tab.evaluate("performance.getEntriesByType('navigation')[0].domInteractive"))
                height = tab.evaluate("document.documentElement.scrollHeight")
                acted = {label: tab.evaluate(TIMED, act) for label, act in ACTIONS.items()}
                tab.context.close()
            print(
                f"{name}: interactive after {statistics.median(taken):.0f} ms (slowest {max(taken):.0f}; bound {BOUND}), {height} px high"
            )
            print("  " + ", ".join(f"{label} {ms:.0f} ms" for label, ms in acted.items()))


if __name__ == "__main__":
    main()
