"""A bill of materials in CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/): what a requirements file puts into a zip or an image.

Without a time and a random number, so that the same sources give the same bytes; the specification requires neither.
"""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any

NAME = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;]+)")


def sbom(name: str, version: str, requirements: Path) -> bytes:
    """Return the document of one component and the libraries that its requirements file names."""
    libraries = sorted({match.groups() for line in requirements.read_text().splitlines() if (match := NAME.match(line))})
    root = _component("application", name, version)
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{name}=={version} {libraries}')}",
        "version": 1,
        "metadata": {"component": root},
        "components": [_component("library", library, number) for library, number in libraries],
        "dependencies": [{"ref": root["bom-ref"], "dependsOn": [_purl(library, number) for library, number in libraries]}],
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def _component(kind: str, name: str, version: str) -> dict[str, str]:
    return {"type": kind, "bom-ref": _purl(name, version), "name": name, "version": version, "purl": _purl(name, version)}


def _purl(name: str, version: str) -> str:
    """Return the package URL, whose names of Python packages are normalized (https://github.com/package-url/purl-spec)."""
    return f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"
