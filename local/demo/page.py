"""The demo's page: served live during the demo, and written to a file at its end."""

from __future__ import annotations

import re
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.child import end
from local.demo.stage import DemoError, Stage

STOP_SECONDS = 10.0
"""The server ends within a fraction of a second."""
KEPT = Path(tempfile.gettempdir()) / "fargatecount-demo.html"


@contextmanager
def live(stage: Stage) -> Iterator[str]:
    """Serve the live page of the demo; yield its address.

    Raises:
        DemoError: it does not come up.
    """
    process = stage.begin("report", "--live")
    try:
        found = None
        assert process.stderr is not None
        while found is None:
            line = process.stderr.readline()
            if not line:
                raise DemoError("the live page did not come up")
            found = re.search(r"http://127\.0\.0\.1:\d+\S*", line)
        yield found[0]
    finally:
        end(process, STOP_SECONDS)


def play(stage: Stage, address: str) -> None:
    """Write the page to a file, and print where it is."""
    stage.act("9. The picture of all this")
    with urllib.request.urlopen(address, timeout=STOP_SECONDS) as answer:
        if "<!doctype html>" not in answer.read(100).decode().lower():
            raise DemoError(f"{address} does not serve the page")
    stage.run("report", "--since", "1h", "--html", str(KEPT))
    stage.good(f"the live page at {address} ends with this demo; open {KEPT}, a file that needs nothing else")
