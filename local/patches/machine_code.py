"""Lambda: libraries that were built for Lambda's own machines run here as this machine's build of them.

A zip for AWS has libraries for Linux on arm64 and Python 3.13. The functions here are processes of this machine's Python, which cannot load
them. What a zip cannot run here is left out of it, and Python finds its own copy of the same library.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import io
import zipfile
from typing import Any

from ministack.services import lambda_svc


def apply() -> None:
    """Leave out what cannot be loaded whenever code is fetched from S3."""
    fetch = lambda_svc._fetch_code_from_s3

    def fetch_runnable(bucket: str, key: str, version_id: str | None = None) -> Any:
        code = fetch(bucket, key, version_id)
        return code if code is None else runnable(code)

    lambda_svc._fetch_code_from_s3 = fetch_runnable


def runnable(code: bytes) -> bytes:
    """Return the zip without the packages whose machine code is for another machine, if this machine has them itself."""
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        left_out = {package for package in map(_foreign, archive.namelist()) if package and importlib.util.find_spec(package)}
        if not left_out:
            return code
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as kept:
            for entry in archive.infolist():
                if entry.filename.split("/")[0] not in left_out:
                    kept.writestr(entry, archive.read(entry))
    return buffer.getvalue()


def _foreign(name: str) -> str:
    """Return the package of a library that cannot be loaded here, else nothing."""
    if ".cpython-" not in name or any(name.endswith(suffix) for suffix in importlib.machinery.EXTENSION_SUFFIXES if "cpython" in suffix):
        return ""
    return name.split("/", maxsplit=1)[0]
