"""TLS of a server, from PEM files."""

from __future__ import annotations

import ssl
from pathlib import Path

from fargatecount.errors import MisconfiguredError


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return the TLS of a certificate (with its chain) and its key, as PEM files.

    Raises:
        MisconfiguredError: a file cannot be read, or the two do not belong together.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise MisconfiguredError(
            f"cannot serve TLS with {certificate} and {key}: {error}", remedy="name the PEM files of a certificate and of its private key"
        ) from error
    return context
