"""Kubernetes manifests in files: JSON, and YAML where PyYAML is installed.

YAML is an extra (`pip install fargatecount[yaml]`): one command reads a file that a person wrote, and nothing else of the tool needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from fargatecount.errors import MisconfiguredError

LARGEST = 4 * 2**20
"""Bytes: an object of a cluster has at most 1.5 MiB."""


def read_manifests(path: str) -> list[dict[str, Any]]:
    """Return the objects of a file, those of a List one by one.

    Raises:
        MisconfiguredError: it cannot be read, is too large, or is no manifest.
    """
    try:
        with Path(path).open("rb") as file:
            text = file.read(LARGEST + 1)
    except OSError as error:
        raise MisconfiguredError(f"{path} cannot be read: {error.strerror or error}", remedy="name a file with the ConfigMap") from error
    if len(text) > LARGEST:
        raise MisconfiguredError(f"{path} is larger than {LARGEST} bytes", remedy="name a file with the ConfigMap alone")
    found = [each for document in _documents(path, text) if isinstance(document, dict) for each in _items(document)]
    if not found:
        raise MisconfiguredError(f"{path} holds no Kubernetes object", remedy="write the ConfigMap as for kubectl apply -f")
    return found


def _documents(path: str, text: bytes) -> list[Any]:
    try:
        return [msgspec.json.decode(text)]
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    try:
        import yaml  # noqa: PLC0415 - an extra, for this command only
    except ImportError as error:
        remedy = "pip install 'fargatecount[yaml]', or convert it: kubectl create --dry-run=client -o json -f FILE"
        raise MisconfiguredError(f"{path} is no JSON, and PyYAML, which reads YAML, is not installed", remedy=remedy) from error
    try:
        return list(yaml.safe_load_all(text))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise MisconfiguredError(f"{path} is neither JSON nor YAML: {str(error)[:200]}", remedy="correct it") from error


def _items(document: dict[str, Any]) -> list[dict[str, Any]]:
    if document.get("kind") == "List":
        return [item for item in document.get("items") or () if isinstance(item, dict)]
    return [document]
