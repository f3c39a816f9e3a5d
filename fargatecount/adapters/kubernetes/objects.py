"""Single objects of a cluster: read, apply and delete them with the caller's permissions, and check whether the caller may list pods.

Uses server-side apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/): fields of other managers stay, and applying the
same object again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
import urllib3

from fargatecount.adapters.kubernetes.http import (
    CONNECT_TIMEOUT,
    MESSAGE_LENGTH,
    error_for,
    error_message,
    get,
    read_body,
    translate_errors,
)
from fargatecount.adapters.kubernetes.pods import FARGATE_PODS, PODS_PATH
from fargatecount.adapters.kubernetes.pool import KubeConnection, open_pool
from fargatecount.eks.decode import UNREADABLE
from fargatecount.errors import DeniedError, MalformedError

READ_TIMEOUT = 10.0
"""Seconds without a byte; the server answers for a single object in milliseconds."""
TOTAL_SECONDS = 20.0
"""Seconds for a whole answer."""
LARGEST_OBJECT = 16 * 2**20
"""Bytes of an object at most: etcd takes 1.5 MiB, and JSON escapes make up to six times as much of it."""
MANAGER = "fargatecount"
"""The field manager's name."""
PLURALS = {
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "Namespace": "namespaces",
    "ConfigMap": "configmaps",
}
CONTENTS = ("configmaps", "secrets", "services", "serviceaccounts", "pods")
"""Kinds of objects that a user puts into a namespace; what runs there has pods, what is mounted is one of the others."""
MOST_NAMES = 20
"""Objects of a kind that are named: one is enough to keep a namespace."""
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"

NOT_FOUND, FORBIDDEN, REFUSED = 404, 403, 300


class KubeObjects:
    """The objects of one cluster, with the permissions of the connection's token.

    Every method raises DeniedError if the cluster refuses, UnavailableError if it does not answer, MalformedError if its answer is not
    JSON, and MisconfiguredError if the server is not the one that the connection names.
    """

    def __init__(self, connection: KubeConnection) -> None:
        self._connection = connection

    def read(self, target: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the object of that kind and name; None if there is none."""
        found: dict[str, Any] | None = self._call("GET", _path(target))
        return found

    def apply(self, target: Mapping[str, Any], *, dry_run: bool = False) -> None:
        """Create or update the object; with `dry_run` the server checks everything and stores nothing.

        A dry run succeeds where the namespace of the object does not exist yet: the server checks the rights before that.
        """
        query = urlencode({"fieldManager": MANAGER, "force": "true", **_dry(dry_run)})
        self._call("PATCH", f"{_path(target)}?{query}", target, "application/apply-patch+yaml")

    def replace(self, target: Mapping[str, Any], *, dry_run: bool = False) -> None:
        """Write the whole object, whatever was there; `dry_run` as for `apply`."""
        query = urlencode({"fieldManager": MANAGER, **_dry(dry_run)})
        if self._call("PUT", f"{_path(target)}?{query}", target) is None:  # a ConfigMap that is not there is not made by PUT
            self.apply(target, dry_run=dry_run)

    def delete(self, target: Mapping[str, Any], *, dry_run: bool = False) -> None:
        """Delete the object, if it exists; `dry_run` as for `apply`."""
        query = f"?{urlencode(_dry(dry_run))}" if dry_run else ""
        self._call("DELETE", _path(target) + query)

    def contents(self, namespace: str) -> list[tuple[str, str]]:
        """Return kind and name of what a user may have put into a namespace, at most 20 of each kind."""
        found = []
        for kind in CONTENTS:
            listed = self._call("GET", f"/api/v1/namespaces/{namespace}/{kind}?limit={MOST_NAMES}") or {}
            found += [(kind, str(item["metadata"]["name"])) for item in listed.get("items") or ()]
        return found

    def page(self, path: str, query: Mapping[str, str]) -> list[Any]:
        """Return the items of one page of a list."""
        return list((self._call("GET", f"{path}?{urlencode(query)}") or {}).get("items") or ())

    def aws_auth(self) -> Mapping[str, str]:
        """Return the data of the ConfigMap aws-auth; an empty mapping if there is none."""
        return (self._call("GET", AWS_AUTH) or {}).get("data") or {}

    def check_listing(self) -> None:
        """List one pod at most; an exception means that listing is not possible."""
        with open_pool(self._connection) as pool:
            query = {**FARGATE_PODS, "limit": "1"}
            response = get(pool, self._connection, PODS_PATH, query, read_timeout=READ_TIMEOUT, total=TOTAL_SECONDS)
            read_body(response, self._connection, LARGEST_OBJECT)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None, content_type: str = "application/json") -> Any:
        connection = self._connection
        headers = {"Authorization": f"Bearer {connection.token()}", "Accept": "application/json", "User-Agent": MANAGER}
        with open_pool(connection) as pool, translate_errors(connection):
            pool.deadline.set(TOTAL_SECONDS)
            response = pool.request(
                method,
                urlsplit(connection.host).path.rstrip("/") + path,
                body=None if body is None else msgspec.json.encode(body),
                headers={**headers, "Content-Type": content_type},
                timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT),
                redirect=False,
                preload_content=False,
            )
            answer = read_body(response, connection, LARGEST_OBJECT)
        if response.status == NOT_FOUND:
            return None
        if response.status >= REFUSED:
            message = error_message(answer)
            if response.status == FORBIDDEN:
                raise DeniedError(f"{connection}: {message[:MESSAGE_LENGTH]}", remedy="ask an administrator of the cluster")
            raise error_for(connection, response.status, message)
        try:
            return msgspec.json.decode(answer)
        except UNREADABLE as error:
            raise MalformedError(f"{connection}: an object cannot be decoded: {str(error)[:MESSAGE_LENGTH]}") from error


def _dry(dry_run: bool) -> Mapping[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _path(target: Mapping[str, Any]) -> str:
    version, meta = target["apiVersion"], target["metadata"]
    root = f"/api/{version}" if version == "v1" else f"/apis/{version}"
    inside = f"/namespaces/{meta['namespace']}" if meta.get("namespace") else ""
    return f"{root}{inside}/{PLURALS[target['kind']]}/{meta['name']}"
