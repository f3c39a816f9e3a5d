"""Reads the data back out of a page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any


def document(file: Path) -> Any:
    """Return what a page shows."""
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', file.read_text(encoding="utf-8"), re.DOTALL)
    return json.loads(text)
