"""How long AWS's clients wait and how often they ask again, for everything that is not under a deadline of its own."""

from __future__ import annotations

from botocore.config import Config

TIMEOUTS = Config(connect_timeout=5, read_timeout=20)
"""Seconds; far beyond what AWS's endpoints take to answer, and short beside the minute that a run keeps in reserve."""
ONCE = TIMEOUTS.merge(Config(retries={"total_max_attempts": 1}))
"""For calls that `pace` repeats: it must see every throttle, and botocore's own repetitions would go unpaced and uncounted."""
PATIENT = TIMEOUTS.merge(Config(retries={"mode": "standard", "total_max_attempts": 4}))
"""For the few others."""
