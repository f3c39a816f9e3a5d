"""How long AWS's clients wait and how often they ask again; and EKS, whose client the watcher and the reconciler share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.config import Config

from fargatecount.adapters.eks_api import EksApi
from fargatecount.adapters.eks_token import sts_client

TIMEOUTS = Config(connect_timeout=5, read_timeout=20)
"""Seconds; far beyond what AWS's endpoints take to answer, and short beside the minute that a run keeps in reserve."""
ONCE = TIMEOUTS.merge(Config(retries={"total_max_attempts": 1}))
"""For calls that `pace` repeats: it must see every throttle, and botocore's own repetitions would go unpaced and uncounted."""
PATIENT = TIMEOUTS.merge(Config(retries={"mode": "standard", "total_max_attempts": 4}))
"""For the few others."""


def eks_of(create: Callable[..., Any], region: str) -> EksApi:
    """Return EKS; `create` makes the clients of a session, boto3's or botocore's."""
    return EksApi(create("eks", region_name=region, config=PATIENT), sts_client(create, region))
