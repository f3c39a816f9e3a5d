"""The service with `record` as it was before one transaction per batch: a copy of this checkout's, to be deployed beside it.

Everything else is today's code. So the ratio of two deployments in one run is that of the way of recording.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from local.process import CHECKOUT

PARTS = ("fargatecount", "handlers", "infra", "serverless.yml", "package.json", "requirements.txt", "README.md")
TODAY = "from fargatecount.ledger.record import record\n"
EARLIER = "from fargatecount.ledger.per_bucket import record_per_bucket as record\n"


def earlier_service(folder: Path) -> Path:
    """Write the service into a new folder and return it.

    Raises:
        RuntimeError: the functions record in another way than this module replaces.
    """
    folder.mkdir()
    for part in PARTS:
        source = CHECKOUT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / part)
    (folder / "node_modules").symlink_to(CHECKOUT / "node_modules")
    ledger = folder / "fargatecount" / "ledger"
    shutil.copy2(CHECKOUT / "benchmarks" / "per_bucket.py", ledger / "per_bucket.py")
    isolation = ledger / "isolation.py"
    text = isolation.read_text()
    if text.count(TODAY) != 1:
        raise RuntimeError(f"{isolation.relative_to(folder)} has no line {TODAY!r}: the baseline would be today's code")
    isolation.write_text(text.replace(TODAY, EARLIER))
    return folder
