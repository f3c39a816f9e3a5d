"""The clusters: an API server from creation to deletion, a time of creation of its own, and its authentication mode.

A cluster is ACTIVE at once, where AWS takes ten minutes.
Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html, API_DeleteCluster.html, API_UpdateClusterConfig.html
"""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from ministack.core import responses
from ministack.services import eks

from local.kubernetes.api import PodApi
from local.patches.eks import access
from local.patches.eks.refused import RefusedError, Reply, Route, cluster_of

MODES: Final = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
"""In this order only: a mode is changed to a later one, never back."""

Key = tuple[str, str, str]
"""Account, Region, name."""


class Clusters:
    """The clusters of the emulator, each with a simulated API server."""

    def __init__(self, create: Callable[..., Reply], delete: Callable[[str], Reply]) -> None:
        """Use the emulator's functions that create and delete the records."""
        self._create = create
        self._delete = delete
        self._apis: dict[Key, PodApi] = {}
        self._created: dict[Key, int] = {}
        self._lock = threading.Lock()

    def create(self, body: dict[str, Any], creator: str | None = None) -> Any:
        """Create a cluster, and start its API server."""
        config = {"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": True, **(body.get("accessConfig") or {})}
        if config["authenticationMode"] not in MODES:
            raise RefusedError("InvalidParameterException", f"{config['authenticationMode']} is none of {', '.join(MODES)}")
        status, headers, reply = self._create({**body, "accessConfig": config}, creator)
        if status != 200:  # noqa: PLR2004 - HTTP OK
            return status, headers, reply
        key, record = self._key(body["name"]), cluster_of(body["name"])
        with self._lock:
            # Two clusters of one name are minutes apart on AWS; nothing else distinguishes them.
            record["createdAt"] = self._created[key] = max(int(time.time()), self._created.get(key, 0) + 1)
            account, region, name = key
            api = PodApi(name)
            api.cluster.tokens.identify = lambda token: access.user_of(token, name, account, region, api.cluster)
            api.start()
            self._apis[key] = api
        record |= {
            "endpoint": api.host,
            "certificateAuthority": {"data": base64.b64encode(api.ca.encode()).decode()},
            "status": "ACTIVE",
        }
        return {"cluster": eks._sanitize(record)}

    def delete(self, name: str) -> Any:
        """Delete a cluster without profiles, and stop its API server."""
        if cluster_of(name).get("_profiles"):
            raise RefusedError("ResourceInUseException", "Cluster has Fargate profiles attached", 409)
        reply = self._delete(name)
        with self._lock:
            self._apis.pop(self._key(name)).stop()
        return reply

    def api(self, name: str) -> PodApi:
        """Return the API server of a cluster that exists."""
        return self._apis[self._key(name)]

    def running(self) -> dict[str, Any]:
        """Return how each API server is driven: its endpoint, its CA as PEM, and an administrator's token."""
        with self._lock:
            return {
                api.name: {"endpoint": api.host, "certificate_authority": api.ca, "admin_token": api.admin_token}
                for api in self._apis.values()
            }

    def update(self, body: dict[str, Any], name: str) -> dict[str, Any]:
        """Change the authentication mode."""
        config = cluster_of(name)["accessConfig"]
        before, after = config["authenticationMode"], (body.get("accessConfig") or {}).get("authenticationMode")
        if after not in MODES or MODES.index(after) <= MODES.index(before):
            raise RefusedError("InvalidParameterException", f"Unsupported authentication mode update from {before} to {after}")
        config["authenticationMode"] = after
        return {
            "update": {
                "id": responses.new_uuid(),
                "status": "Successful",
                "type": "AccessConfigUpdate",
                "params": [{"type": "AuthenticationMode", "value": after}],
                "createdAt": int(time.time()),
                "errors": [],
            }
        }

    def routes(self) -> tuple[Route, ...]:
        """Return the routes that the emulator lacks."""
        return (("POST", re.compile(r"/clusters/(?P<name>[^/]+)/update-config"), self.update),)

    def _key(self, name: str) -> Key:
        return responses.get_account_id(), responses.get_region(), name
