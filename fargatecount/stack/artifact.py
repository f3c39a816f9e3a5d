"""What is deployed: the packaged template and the functions' code, as they are built into a release.

Pure. The template fits every account, Region, partition and stack: the settings are its parameters, and three more say where the code is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from fargatecount.errors import MisconfiguredError

TEMPLATE = "template.json"
HUB_TEMPLATE = "hub.template.json"
CODE = "function.zip"
MANIFEST = "manifest.json"
BUCKET = "ServerlessDeploymentBucket"
"""The stack's own bucket for code. osls named it and makes it first; so does `fargatecount deploy`, and each can follow the other."""
CODE_BUCKET, CODE_BUCKET_PREFIX, CODE_KEY = "CodeBucket", "CodeBucketPrefix", "CodeKey"
"""The parameters that say where the code is."""
OF_THE_CODE = frozenset({CODE_BUCKET, CODE_BUCKET_PREFIX, CODE_KEY})


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The version of an artifact and the SHA-256 of each of its files, in hex."""

    version: str
    files: Mapping[str, str]


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """A template and the code that it deploys."""

    version: str
    template: bytes
    code: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The template, decoded."""
        found: dict[str, Any] = msgspec.json.decode(self.template)
        return found

    @property
    def code_key(self) -> str:
        """The key under which the template looks for the code."""
        return str(self.document["Parameters"][CODE_KEY]["Default"])


def code_key(version: str, code: bytes) -> str:
    """Return the key of a release's code: it changes with the code, so that CloudFormation notices every new one."""
    return f"fargatecount/{version}/{hashlib.sha256(code).hexdigest()[:16]}/{CODE}"


def open_artifact(manifest: bytes, files: Mapping[str, bytes], template: str = TEMPLATE) -> Artifact:
    """Return the artifact whose files are as the manifest says, with the template of a member or of a hub: both run the same code.

    Raises:
        MisconfiguredError: a file is missing or has other bytes.
    """
    found = msgspec.json.decode(manifest, type=Manifest)
    for name, expected in found.files.items():
        if name not in files or hashlib.sha256(files[name]).hexdigest() != expected:
            raise MisconfiguredError(
                f"{name} of this installation is not the one of release {found.version}",
                remedy="install fargatecount again (pipx reinstall fargatecount)",
            )
    if template not in files:
        raise MisconfiguredError(
            f"this installation of release {found.version} carries no {template}", remedy="in a checkout, run `make artifact` (needs node)"
        )
    return Artifact(version=found.version, template=files[template], code=files[CODE])


def bucket_only(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template of the deployment bucket alone, which must exist before the code can be uploaded."""
    names = (BUCKET, f"{BUCKET}Policy")
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": template["Description"],
        "Resources": {name: template["Resources"][name] for name in names},
        "Outputs": {f"{BUCKET}Name": template["Outputs"][f"{BUCKET}Name"]},
    }
