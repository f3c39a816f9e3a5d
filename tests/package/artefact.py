"""One run of `osls package` in a copy of the sources: osls writes beside serverless.yml, where other tests deploy it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.package.template import Template

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("serverless.yml", "serverless.hub.yml", "requirements.txt", "pyproject.toml", "infra", "fargatecount", "handlers", "tests")
OSLS = ROOT / "node_modules" / ".bin" / "osls"
TIMEOUT = 240
"""Seconds: packaging takes 5 to 6, the first one on a machine also downloads four wheels."""


@dataclass(frozen=True)
class Artefact:
    """What one `osls package` left in its directory."""

    directory: Path

    @property
    def sources(self) -> Path:
        """The checkout from which it was made."""
        return self.directory.parent

    @cached_property
    def template_file(self) -> Path:
        return self.directory / "cloudformation-template-update-stack.json"

    @cached_property
    def template(self) -> Template:
        return Template(json.loads(self.template_file.read_text()), str(self.provider["stackName"]))

    @cached_property
    def provider(self) -> dict[str, object]:
        """The provider section as osls will deploy it."""
        found: dict[str, object] = json.loads((self.directory / "serverless-state.json").read_text())["service"]["provider"]
        return found

    @cached_property
    def zip_file(self) -> Path:
        (found,) = self.directory.glob("*.zip")
        return found

    @cached_property
    def names(self) -> frozenset[str]:
        with zipfile.ZipFile(self.zip_file) as archive:
            return frozenset(archive.namelist())

    def read(self, name: str) -> bytes:
        with zipfile.ZipFile(self.zip_file) as archive:
            return archive.read(name)


def osls(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run osls without credentials, as a machine that never saw AWS would."""
    if not OSLS.exists():
        raise FileNotFoundError(f"{OSLS} is missing: run `make setup`")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FARGATECOUNT_", "SLS_"))}
    nowhere = str(directory / "no-such-file")
    environment |= {"AWS_CONFIG_FILE": nowhere, "AWS_SHARED_CREDENTIALS_FILE": nowhere, "AWS_EC2_METADATA_DISABLED": "true"}
    environment["FARGATECOUNT_PYTHON"] = sys.executable
    return subprocess.run(
        [str(OSLS), *arguments], cwd=directory, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )


def copy_sources(directory: Path, root: Path = ROOT) -> None:
    """Lay out the sources as a checkout in use has them: with byte code lying about."""
    directory.mkdir(parents=True)
    for name in SOURCES:
        source, target = root / name, directory / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy2(source, target)
    (directory / "node_modules").symlink_to(ROOT / "node_modules")
    for package in ("fargatecount", "handlers"):
        (directory / package / "__pycache__").mkdir()
        (directory / package / "__pycache__" / "left_over.cpython-313.pyc").write_bytes(b"")
        (directory / package / "left_over.pyc").write_bytes(b"")


def package(shared: Path, name: str, stage: str, params: Sequence[str] = (), *, config: str = "serverless.yml") -> Artefact:
    """Package once for all test processes that share a directory, and always from the same state of the sources."""
    snapshot, sources = shared / "package-sources", shared / f"package-{name}"
    with _locked(shared / "package-sources.lock"):
        if not snapshot.exists():
            partial = snapshot.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            copy_sources(partial)
            partial.rename(snapshot)
    with _locked(shared / f"package-{name}.lock"):
        if not (sources / "packaged").exists():
            shutil.rmtree(sources, ignore_errors=True)
            copy_sources(sources, snapshot)
            options = [option for param in params for option in ("--param", param)]
            result = osls(sources, "package", "--package", "artefact", "--stage", stage, "--config", config, *options)
            assert result.returncode == 0, result.stdout + result.stderr
            (sources / "packaged").touch()
    return Artefact(sources / "artefact")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
