"""How large and how patient the end-to-end tests are."""

from __future__ import annotations

import os

import pytest

FULL = os.environ.get("FARGATECOUNT_SCALE") == "full"

takes_minutes = pytest.mark.skipif(not FULL, reason="waits for minutes of CloudWatch's real time: run it with FARGATECOUNT_SCALE=full")
