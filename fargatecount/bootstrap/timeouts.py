"""Timeouts and retries of AWS clients that are not under a deadline of their own."""

from __future__ import annotations

from botocore.config import Config

TIMEOUTS = Config(connect_timeout=5, read_timeout=20)
"""Seconds. AWS's endpoints answer far sooner, and both are short beside the minute that a run keeps in reserve."""
ONCE = TIMEOUTS.merge(Config(retries={"total_max_attempts": 1}))
"""For calls that a rate limiter repeats: it must see every throttle, and botocore's own retries would be neither limited nor counted."""
PATIENT = TIMEOUTS.merge(Config(retries={"mode": "standard", "total_max_attempts": 4}))
"""For all other calls: botocore retries them."""
