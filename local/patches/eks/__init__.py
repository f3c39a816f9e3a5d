"""EKS like AWS's: each cluster has an API server of its own for pods, Fargate profiles, and access entries that decide who may read them.

The emulator's records of clusters and access entries stay; without Docker it has no API servers, so simulated ones
(`local.kubernetes.api`) run in its process, one port each, and this package decides who may read them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.services import eks

from local.patches.eks import access, profiles
from local.patches.eks.clusters import Clusters
from local.patches.eks.refused import Reply, replying


def apply() -> Callable[[], dict[str, Any]]:
    """Replace the calls that are about clusters, and add those about profiles; return what lists the running API servers."""
    eks._get_docker = lambda: None  # a machine with Docker must not behave differently from one without
    clusters = Clusters(eks._create_cluster, eks._delete_cluster)
    eks._create_cluster = replying(clusters.create)
    eks._delete_cluster = replying(clusters.delete)
    access.apply()
    emulated = eks._handle_request_sync

    def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Reply:
        for wanted, pattern, call in (*profiles.routes(clusters), *clusters.routes()):
            if method == wanted and (match := pattern.fullmatch(path)):
                return replying(call)(json.loads(body or b"{}"), **match.groupdict())
        reply: Reply = emulated(method, path, headers, body, query)
        return reply

    eks._handle_request_sync = handle
    return clusters.running
