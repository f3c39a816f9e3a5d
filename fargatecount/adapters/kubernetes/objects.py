"""Single objects of a cluster: read, applied and deleted as their caller may; and whether he may list pods.

By server-side apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/): what others have written into an object stays, and
writing the same again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
import urllib3

from fargatecount.adapters.kubernetes.http import CONNECT_TIMEOUT, KubeConnection, get, open_pool, refusal, told_in, translate_errors
from fargatecount.adapters.kubernetes.pods import FARGATE_PODS, PODS_PATH
from fargatecount.errors import DeniedError

READ_TIMEOUT = 10.0
"""Seconds; single objects are answered in milliseconds."""
MANAGER = "fargatecount"
"""Whose fields they are, for the server."""
PLURALS = {"ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings"}
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"

NOT_FOUND, FORBIDDEN, REFUSED = 404, 403, 300


class KubeObjects:
    """The objects of one cluster, as the bearer of the connection's token may see and change them.

    Every method raises DeniedError where the cluster refuses him, UnavailableError where it does not answer, and MisconfiguredError where
    another server answers than the connection means.
    """

    def __init__(self, connection: KubeConnection) -> None:
        self._connection = connection

    def read(self, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the object of that kind and name; None where there is none."""
        found: dict[str, Any] | None = self._ask("GET", _path(wanted))
        return found

    def apply(self, wanted: Mapping[str, Any]) -> None:
        """Make the object what is wanted."""
        query = urlencode({"fieldManager": MANAGER, "force": "true"})
        self._ask("PATCH", f"{_path(wanted)}?{query}", wanted, "application/apply-patch+yaml")

    def delete(self, wanted: Mapping[str, Any]) -> None:
        """Delete the object, if it is there."""
        self._ask("DELETE", _path(wanted))

    def aws_auth(self) -> Mapping[str, str]:
        """Return the data of the ConfigMap aws-auth; nothing where there is none."""
        return (self._ask("GET", AWS_AUTH) or {}).get("data") or {}

    def check_listing(self) -> None:
        """List pods, one at most; an exception is the answer no."""
        with open_pool(self._connection) as pool:
            get(pool, self._connection, PODS_PATH, {**FARGATE_PODS, "limit": "1"}, read_timeout=READ_TIMEOUT, stream=False)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, content_type: str = "application/json") -> Any:
        connection = self._connection
        headers = {"Authorization": f"Bearer {connection.token()}", "Accept": "application/json", "User-Agent": MANAGER}
        with open_pool(connection) as pool, translate_errors(connection):
            response = pool.request(
                method,
                urlsplit(connection.host).path.rstrip("/") + path,
                body=None if body is None else msgspec.json.encode(body),
                headers={**headers, "Content-Type": content_type},
                timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT),
                redirect=False,
            )
        if response.status == NOT_FOUND:
            return None
        if response.status >= REFUSED:
            told = told_in(response.data)
            if response.status == FORBIDDEN:
                raise DeniedError(f"{connection}: {told}", remedy="ask an administrator of the cluster")
            raise refusal(connection, response.status, told)
        return msgspec.json.decode(response.data)


def _path(wanted: Mapping[str, Any]) -> str:
    return f"/apis/{wanted['apiVersion']}/{PLURALS[wanted['kind']]}/{wanted['metadata']['name']}"
