"""The Chromium that the machine has, without a window."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The sandbox wants privileges that containers lack, and nothing is opened here but our own page. /dev/shm of a container is too small.
OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none"]


def executable() -> str | None:
    """Return its path: $FARGATECOUNT_CHROMIUM, else the first on the PATH; None where there is none."""
    return os.environ.get("FARGATECOUNT_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def running(path: str) -> Iterator[Any]:
    """Yield a browser of playwright's."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - a skipped test needs none of it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        try:
            yield browser
        finally:
            browser.close()
