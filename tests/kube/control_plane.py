"""The clusters against which everything that reads pods is tested: the simulator, and a real kube-apiserver with its etcd.

Both offer the same: an administrator's driver, connections of a watcher, of a user without permissions and of an unknown user, a restart,
and a history that can be compacted.
"""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import urllib3
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fargatecount.adapters.kubernetes.pool import KubeConnection
from local.child import end
from local.kubernetes.api import PodApi
from local.kubernetes.driver import DriverError, PodDriver
from local.kubernetes.tokens import MASTERS, User
from tests.support.deadline import eventually

WATCHER, NOBODY, ADMIN = "token-of-the-watcher", "token-of-nobody", "token-of-the-admin"
START_SECONDS = 60.0
"""A ready API server takes about 3 s; a machine under load several times that."""
STOP_SECONDS = 10.0

MANIFESTS = Path(__file__).parents[2] / "infra" / "kubernetes"
ROLE, BINDING = yaml.safe_load_all((MANIFESTS / "reader.yaml").read_text())
"""The watcher's permissions: the manifest that users apply."""
GROUP = BINDING["subjects"][0]["name"]


class ControlPlane(Protocol):
    """One cluster under the control of a test."""

    driver: PodDriver

    def connection(self, token: str = WATCHER) -> KubeConnection:
        """Return the connection of a token's user to the API server."""
        ...

    def compact(self) -> None:
        """Compact the cluster's history, so that a list that began before cannot continue."""
        ...

    def restart(self) -> None:
        """Compact, stop the API server, and start it again on the same port: no earlier watch can continue."""
        ...


class _Plane:
    """The common part of both."""

    driver: PodDriver

    def _make_a_version(self) -> None:
        # What is the newest is never forgotten: the version that a test holds must not be it.
        self.driver.create("made-and-gone", scheduler="default-scheduler")
        self.driver.delete("made-and-gone")


class SimulatedPlane(_Plane):
    """The simulator."""

    def __init__(self, api: PodApi) -> None:
        self.api = api
        self.driver = PodDriver(api.host, api.ca, api.admin_token)
        self.driver.grant(ROLE, BINDING)

    def connection(self, token: str = WATCHER) -> KubeConnection:
        return KubeConnection(self.api.host, self.api.ca.encode(), lambda: token, self.api.name)

    def compact(self) -> None:
        self._make_a_version()
        self.driver.control("compact")

    def restart(self) -> None:
        self.compact()
        self.api.restart()


@contextmanager
def simulated(name: str = "simulated", *, port: int = 0, first_version: int = 1, seed: int = 1) -> Iterator[SimulatedPlane]:
    """Serve a simulated cluster without pods; of another `seed` its pods have other uids."""
    tokens = {WATCHER: User("watcher", frozenset({GROUP})), NOBODY: User("nobody"), ADMIN: User("admin", frozenset({MASTERS}))}
    with PodApi(name, tokens=tokens, port=port, first_version=first_version, seed=seed) as api:
        yield SimulatedPlane(api)


class RealPlane(_Plane):
    """kube-apiserver and etcd from a folder of `setup-envtest`."""

    def __init__(self, assets: Path, folder: Path) -> None:
        self._assets, self._folder = assets, folder
        self._etcd_port, self._peer_port, self._port = _free_ports(3)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._etcd = f"http://127.0.0.1:{self._etcd_port}"
        self.host = f"https://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start both, wait until pods can be created, and grant the watcher's permissions."""
        self._write_secrets()
        data = self._folder / "etcd"
        self._spawn(
            "etcd",
            f"--data-dir={data}",
            f"--listen-client-urls={self._etcd}",
            f"--advertise-client-urls={self._etcd}",
            f"--listen-peer-urls=http://127.0.0.1:{self._peer_port}",
            "--unsafe-no-fsync",
        )
        self._start_api()
        self.driver = PodDriver(self.host, self.ca, ADMIN)
        eventually(self._has_namespace, "the namespace `default` exists", START_SECONDS)
        self.driver.grant(ROLE, BINDING)

    @property
    def ca(self) -> str:
        """PEM of the CA that signed the server's certificate."""
        return (self._folder / "certs" / "apiserver.crt").read_text()

    def connection(self, token: str = WATCHER) -> KubeConnection:
        return KubeConnection(self.host, self.ca.encode(), lambda: token, "real")

    def compact(self) -> None:
        self._make_a_version()
        version = self.driver.request("GET", "/api/v1/pods", query={"limit": "1"})["metadata"]["resourceVersion"]
        # By etcd's own gateway, because the folders of `setup-envtest` have no etcdctl.
        answer = urllib3.request("POST", f"{self._etcd}/v3/kv/compaction", json={"revision": version, "physical": True})
        assert answer.status == 200, answer.data

    def restart(self) -> None:
        # The API server serves watches from a cache that outlives a compaction of etcd; only its own end makes it forget.
        self.compact()
        self._stop("kube-apiserver", gently=False)
        self._start_api()

    def clear(self) -> None:
        """Delete the objects of the previous test."""
        for pod in self.driver.pods():
            self.driver.delete(pod["metadata"]["name"], pod["metadata"]["namespace"])

    def close(self) -> None:
        """Stop both, whatever happened."""
        for name in ("kube-apiserver", "etcd"):
            self._stop(name)

    def _start_api(self) -> None:
        self._spawn(
            "kube-apiserver",
            f"--etcd-servers={self._etcd}",
            f"--cert-dir={self._folder / 'certs'}",
            f"--secure-port={self._port}",
            "--bind-address=127.0.0.1",
            "--service-cluster-ip-range=10.0.0.0/24",
            f"--token-auth-file={self._folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default",
            f"--service-account-key-file={self._folder / 'sa.pub'}",
            f"--service-account-signing-key-file={self._folder / 'sa.key'}",
            "--disable-admission-plugins=ServiceAccount",
        )
        eventually(self._is_ready, "kube-apiserver is ready", START_SECONDS)

    def _spawn(self, name: str, *options: str) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen([self._assets / name, *options], stdout=log, stderr=log, cwd=self._folder)

    def _stop(self, name: str, *, gently: bool = True) -> None:
        process = self._running.pop(name, None)
        if process is None:
            return
        if not gently:
            process.kill()
        end(process, STOP_SECONDS)

    def _is_ready(self) -> bool:
        for name, process in self._running.items():
            if process.poll() is not None:
                tail = (self._folder / f"{name}.log").read_text(errors="replace")[-2000:]
                raise AssertionError(f"{name} ended with {process.returncode}:\n{tail}")
        with suppress(urllib3.exceptions.HTTPError, OSError):  # the certificate is made by the server itself, at its first start
            pool = urllib3.PoolManager(ssl_context=ssl.create_default_context(cadata=self.ca), retries=False, timeout=2)
            return pool.request("GET", f"{self.host}/readyz").status == 200
        return False

    def _has_namespace(self) -> bool:
        with suppress(DriverError):
            return bool(self.driver.request("GET", "/api/v1/namespaces/default"))
        return False

    def _write_secrets(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        (self._folder / "sa.key").write_bytes(private)
        (self._folder / "sa.pub").write_bytes(public)
        lines = (f'{ADMIN},admin,1,"system:masters"', f'{WATCHER},watcher,2,"{GROUP}"', f"{NOBODY},nobody,3")
        (self._folder / "tokens.csv").write_text("\n".join(lines) + "\n")


def _free_ports(number: int) -> list[int]:
    with_sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in with_sockets]
    for each in with_sockets:
        each.close()
    return ports
