"""The connection from inside a pod, from what Kubernetes mounts into every container with a service account.

The form is fixed (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api): two variables and
two files. The `kubernetes` package reads them too, but takes 20 MB of memory, in the place where the watcher usually runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fargatecount.adapters.kubernetes.pool import KubeConnection
from fargatecount.errors import DeniedError, MisconfiguredError

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
REMEDY = "use --in-cluster only in a pod of the cluster"


def in_cluster(name: str, environment: Mapping[str, str], files: Path = SERVICE_ACCOUNT) -> KubeConnection:
    """Return the connection of the pod's own service account.

    Raises:
        MisconfiguredError: the process does not run in a pod, or the pod has no service account token.
    """
    host, port = (environment.get(f"KUBERNETES_SERVICE_{part}", "") for part in ("HOST", "PORT"))
    if not host or not port:
        raise MisconfiguredError("the service account cannot be used: $KUBERNETES_SERVICE_HOST and _PORT are not set", remedy=REMEDY)
    try:
        ca = (files / "ca.crt").read_bytes()
        (files / "token").read_bytes()
    except OSError as error:
        raise MisconfiguredError(f"the service account cannot be used: {error}", remedy=REMEDY) from error
    if b"BEGIN CERTIFICATE" not in ca:
        raise MisconfiguredError(f"the service account has a CA that is not a PEM certificate: {files / 'ca.crt'}", remedy=REMEDY)
    host = f"[{host}]" if ":" in host else host  # an IPv6 cluster
    return KubeConnection(host=f"https://{host}:{port}", ca=ca, token=lambda: _token(files / "token"), name=name)


def _token(file: Path) -> str:
    # The kubelet replaces the token well before it expires, so the file is always right, and cheap to read.
    try:
        token = file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DeniedError(f"the service account's token cannot be read: {error}", remedy=REMEDY) from error
    if not token:
        raise DeniedError(f"{file} is empty", remedy="give the pod a service account whose token is mounted")
    return token
