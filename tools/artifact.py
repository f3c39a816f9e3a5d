"""The artifact of a release: `python -m tools.artifact` writes fargatecount/artifact, which the wheel carries.

osls packages the stage prod with the defaults. What is left of that one stack in its template is where the code is: this becomes three
parameters. The zip is written again in one order and with one time, so that the same sources give the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from fargatecount import __version__
from fargatecount.stack.artifact import BUCKET, CODE, CODE_BUCKET, CODE_BUCKET_PREFIX, CODE_KEY, HUB_TEMPLATE, MANIFEST, TEMPLATE, code_key

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "fargatecount" / "artifact"
PACKAGED = ROOT / ".local" / "artifact"
TIME = (1980, 1, 1, 0, 0, 0)
"""The oldest time that a zip can have."""
MODE = 0o644


def main() -> None:
    """Package, and write the artifact."""
    code, template = packaged()
    _, hub = packaged("serverless.hub.yml")
    write(template, code, hub=hub)
    print(f"wrote {TARGET.relative_to(ROOT)}: {', '.join(sorted(path.name for path in TARGET.iterdir()))}")


def packaged(config: str = "serverless.yml") -> tuple[bytes, dict[str, Any]]:
    """Return the zip and the template that osls makes with every default."""
    target = PACKAGED / config.removesuffix(".yml")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FARGATECOUNT_", "SLS_"))}
    environment |= {"FARGATECOUNT_PYTHON": sys.executable, "AWS_EC2_METADATA_DISABLED": "true"}
    osls = ROOT / "node_modules" / ".bin" / "osls"
    command = [str(osls), "package", "--config", config, "--stage", "prod", "--package", str(target)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    template: dict[str, Any] = json.loads((target / "cloudformation-template-update-stack.json").read_text())
    (zipped,) = target.glob("*.zip")
    return zipped.read_bytes(), template


def write(template: dict[str, Any], code: bytes, target: Path = TARGET, *, hub: dict[str, Any] | None = None) -> None:
    """Write the template, that of the hub if there is one, the code that both run, and the manifest."""
    repacked = reproducible(code)
    key = code_key(__version__, repacked)
    files = {TEMPLATE: as_bytes(generic(template, key)), CODE: repacked}
    if hub is not None:
        files[HUB_TEMPLATE] = as_bytes(generic(hub, key))
    target.mkdir(parents=True, exist_ok=True)
    for name, body in files.items():
        (target / name).write_bytes(body)
    manifest = {"version": __version__, "files": {name: hashlib.sha256(body).hexdigest() for name, body in files.items()}}
    (target / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")


def as_bytes(template: dict[str, Any]) -> bytes:
    """Return the template as text that people can read in the console."""
    return (json.dumps(template, indent=1) + "\n").encode()


def generic(template: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the template with the place of the code as parameters."""
    parameters = {
        CODE_BUCKET: {
            "Type": "String",
            "Default": "",
            "Description": "Bucket with the functions' code, in this Region. Empty for the stack's own, where fargatecount deploy puts it.",
            "AllowedPattern": "^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$",
            "ConstraintDescription": "the name of a bucket, or empty",
        },
        CODE_BUCKET_PREFIX: {
            "Type": "String",
            "Default": "",
            "Description": "First part of the name of a bucket in each Region, PREFIX-REGION: one value for all Regions of a StackSet.",
            "AllowedPattern": "^([a-z0-9][a-z0-9.-]{1,42})?$",
            "ConstraintDescription": "the first part of the names of buckets, up to 43 characters, or empty",
        },
        CODE_KEY: {
            "Type": "String",
            "Default": key,
            "Description": "Key of the code of the functions in that bucket.",
            "AllowedPattern": "^.{1,1024}$",
            "ConstraintDescription": "1 to 1024 characters",
        },
    }
    interface = template["Metadata"]["AWS::CloudFormation::Interface"]
    labels = {
        CODE_BUCKET: {"default": "Bucket of the code"},
        CODE_BUCKET_PREFIX: {"default": "Buckets of the code"},
        CODE_KEY: {"default": "Key of the code"},
    }
    group = {"Label": {"default": "Code of the functions"}, "Parameters": list(parameters)}
    named = {"Fn::If": ["HasCodeBucket", {"Ref": CODE_BUCKET}, {"Ref": BUCKET}]}
    regional = {"Fn::Sub": f"${{{CODE_BUCKET_PREFIX}}}-${{AWS::Region}}"}
    code = {"S3Bucket": {"Fn::If": ["HasCodeBucketPrefix", regional, named]}, "S3Key": {"Ref": CODE_KEY}}
    resources = {
        name: {**body, "Properties": {**body["Properties"], "Code": code}} if body["Type"] == "AWS::Lambda::Function" else body
        for name, body in template["Resources"].items()
    }
    return {
        **template,
        "Metadata": {
            "AWS::CloudFormation::Interface": {
                "ParameterGroups": [*interface["ParameterGroups"], group],
                "ParameterLabels": {**interface["ParameterLabels"], **labels},
            }
        },
        "Parameters": {**template["Parameters"], **parameters},
        "Conditions": {
            **template["Conditions"],
            "HasCodeBucket": _is_given(CODE_BUCKET),
            "HasCodeBucketPrefix": _is_given(CODE_BUCKET_PREFIX),
        },
        "Resources": resources,
    }


def _is_given(parameter: str) -> dict[str, Any]:
    return {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}


def reproducible(code: bytes) -> bytes:
    """Return the zip with the same files in one order, with one time and one mode."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(code)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for name in sorted(entry for entry in old.namelist() if not entry.endswith("/")):
            info = zipfile.ZipInfo(name, TIME)
            info.create_system = 3  # Unix, whose modes Lambda reads
            info.external_attr = (0o100000 | MODE) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name), compresslevel=9)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
