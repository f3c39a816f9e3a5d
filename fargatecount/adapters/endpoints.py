"""Endpoints that the environment sets in place of AWS's: whether they are URLs, and whether a local one answers.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from fargatecount.adapters.no_answer import CA_BUNDLE
from fargatecount.errors import MisconfiguredError, UnavailableError

VARIABLE = "AWS_ENDPOINT_URL"
CONNECT_SECONDS = 2.0
"""A listener on this machine accepts within milliseconds; the rest is for a machine under load."""


def check_endpoints(environment: Mapping[str, str]) -> None:
    """Do nothing if every endpoint in the environment is a URL; botocore would fail at the first client only, and not name it.

    Raises:
        MisconfiguredError: an endpoint is no URL.
    """
    for name, value in environment.items():
        if name.startswith(VARIABLE) and value and not value.startswith(("http://", "https://")):
            raise MisconfiguredError(f"{name} is {value!r}, which is not a URL", remedy="write it as https://host, or unset it")


def check_ca_bundle(path: str | None) -> None:
    """Do nothing if the file of certificate authorities that a session uses can be read, or it has none of its own.

    botocore would name neither the file nor the setting.

    Raises:
        MisconfiguredError: it is no PEM file with a certificate.
    """
    if not path:
        return
    try:
        location = {"capath": path} if Path(path).is_dir() else {"cafile": path}
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(**location)
    except (OSError, ssl.SSLError) as error:
        raise MisconfiguredError(
            f"the CA bundle {path!r} cannot be used: {error.strerror or error}",
            remedy=f"{CA_BUNDLE}, or unset it",
        ) from error


def local_endpoint(environment: Mapping[str, str]) -> str | None:
    """Return the endpoint of all services if it is on this machine, as that of the embedded AWS is; else None."""
    url = environment.get(VARIABLE, "")
    if not url or environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    return url if _is_loopback(urlsplit(url).hostname or "") else None


def check_local_endpoint(environment: Mapping[str, str]) -> None:
    """Do nothing if no local endpoint is set or a program listens there; botocore would retry for 7 to 26 seconds.

    Raises:
        MisconfiguredError: the port of the endpoint is no port.
        UnavailableError: nothing listens there.
    """
    url = local_endpoint(environment)
    if url is None:
        return
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise MisconfiguredError(f"{VARIABLE} is {url!r}: {error}", remedy="write it as http://127.0.0.1:4566, or unset it") from error
    try:
        socket.create_connection((parts.hostname or "", port), CONNECT_SECONDS).close()
    except OSError as error:
        raise UnavailableError(
            f"nothing listens at {url}, which {VARIABLE} sets: {error.strerror or error}",
            remedy=f'embedded AWS: `fargatecount local up`, then `eval "$(fargatecount local env)"` anew, for its port changes; '
            f"real AWS: unset {VARIABLE} AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY",
        ) from error


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
