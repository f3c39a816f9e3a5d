"""Connections from a kubeconfig file: the only module that uses the official `kubernetes` package.

The package knows the login formats (exec plugins, tokens, several files); nothing else of it is used.
Lists and watches never go through it (`fargatecount.adapters.kubernetes.http`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from kubernetes import config
from kubernetes.client import Configuration
from kubernetes.config.config_exception import ConfigException
from yaml import YAMLError

from fargatecount.adapters.kubernetes.pool import KubeConnection
from fargatecount.errors import DeniedError, MisconfiguredError

REUSE_FOR = 600.0
"""Seconds for which a kubeconfig's token is reused: an exec plugin takes a second or two, and EKS accepts a token for 15 minutes."""

Load = Callable[[Configuration], None]


def from_kubeconfig(name: str, file: str | None = None, context: str | None = None) -> KubeConnection:
    """Return the connection of a kubeconfig's context; by default the current one of ~/.kube/config or $KUBECONFIG.

    Raises:
        MisconfiguredError: there is no such file or context, or its content is unusable.
        DeniedError: it returns no token.
    """
    where = f"kubeconfig {file}" if file else "the default kubeconfig"
    where = f"{where}, context {context}" if context else where

    def load(into: Configuration) -> None:
        config.load_kube_config(config_file=file, context=context, client_configuration=into, persist_config=False)

    return _connection(
        name, where, load, "list the contexts with `kubectl config get-contexts`, or run: aws eks update-kubeconfig", REUSE_FOR
    )


def _connection(name: str, where: str, load: Load, remedy: str, reuse_for: float) -> KubeConnection:
    def loaded() -> Configuration:
        configuration = Configuration()
        try:
            load(configuration)
        except (ConfigException, YAMLError, OSError, KeyError, TypeError, ValueError) as error:
            raise MisconfiguredError(f"{where} cannot be used: {error}", remedy=remedy) from error
        return configuration

    first = loaded()
    if not first.verify_ssl:
        raise MisconfiguredError(f"{where} skips the check of the server's certificate", remedy="give it the cluster's CA instead")
    ca = Path(first.ssl_ca_cert).read_bytes() if first.ssl_ca_cert else None
    if ca is not None and b"BEGIN CERTIFICATE" not in ca:  # the package decodes garbage to an empty string
        raise MisconfiguredError(f"{where} has a CA that is not a PEM certificate", remedy=remedy)
    token = _Token(loaded, where, reuse_for)
    token.take_from(first)
    return KubeConnection(
        host=first.host,
        ca=ca,
        token=token,
        name=name,
        server_name=first.tls_server_name,
    )


class _Token:
    """A bearer token that is read again when it may have expired."""

    def __init__(self, loaded: Callable[[], Configuration], where: str, reuse_for: float) -> None:
        self._loaded = loaded
        self._where = where
        self._reuse_for = reuse_for
        self._token = ""
        self._read_at = 0.0

    def __call__(self) -> str:
        if time.monotonic() - self._read_at >= self._reuse_for:
            self.take_from(self._loaded())
        return self._token

    def take_from(self, configuration: Configuration) -> None:
        """Keep the configuration's token."""
        scheme, _, token = str(configuration.api_key.get("BearerToken", "")).partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise DeniedError(
                f"{self._where} returns no token",
                remedy="run its exec command by hand (aws eks get-token …) to see why; client certificates are not for EKS",
            )
        self._token, self._read_at = token.strip(), time.monotonic()
