"""EKS, as the watcher, the reconciler and the commands reach it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fargatecount.adapters.eks.api import EksApi
from fargatecount.adapters.eks.token import sts_client
from fargatecount.bootstrap.timeouts import PATIENT


def eks_api(create: Callable[..., Any], region: str) -> EksApi:
    """Return EKS; `create` is the client factory of a session, boto3's or botocore's."""
    return EksApi(create("eks", region_name=region, config=PATIENT), sts_client(create, region))
