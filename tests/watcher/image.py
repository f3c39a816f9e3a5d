"""The Dockerfile of an edge, executed without a container engine: the files that it copies, the commands that it runs, its entry point.

Every absolute path of the image lies below a folder; nothing else is changed. Of the base image there is only Python, and it is this one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]

Instruction = tuple[str, str]


def instructions(text: str) -> list[Instruction]:
    """Return the instructions of a Dockerfile with their arguments."""
    joined = re.sub(r"\\\n", " ", text)
    lines = (line.strip() for line in joined.splitlines())
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines if line and not line.startswith("#"))]


class Image:
    """The result of `docker build`, with one folder per stage."""

    def __init__(self, folder: Path, edge: str = "watcher") -> None:
        self._folder = folder
        self._dockerfile = ROOT / edge / "Dockerfile"
        self._ignored = ROOT / edge / "Dockerfile.dockerignore"
        self._stages: dict[str, Path] = {}
        self._stage = folder
        self.settings: dict[str, str] = {}
        self.environment: dict[str, str] = {}
        self._allowed = [line[1:] for line in self._ignored.read_text().splitlines() if line.startswith("!")]

    def build(self) -> None:
        """Execute every instruction."""
        for word, rest in instructions(self._dockerfile.read_text()):
            getattr(self, f"_{word.lower()}")(rest)

    def path(self, inside: str) -> Path:
        """Return the location of a path of the image."""
        return self._stage / inside.lstrip("/")

    def start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the entry point as `docker run` does, with nothing of this process's environment."""
        command = [self._placed(part) for part in json.loads(self.settings["ENTRYPOINT"])]
        return subprocess.run(
            [*command, *(arguments or json.loads(self.settings["CMD"]))],
            cwd=self.path(self.settings["WORKDIR"]),
            env=self.environment | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def _from(self, rest: str) -> None:
        name = rest.split(" AS ")[1] if " AS " in rest else "final"
        self._stage = self._stages[name] = self._folder / name
        self._stage.mkdir()
        self.settings, self.environment = {"FROM": rest.split(maxsplit=1)[0]}, {}

    def _copy(self, rest: str) -> None:
        *options, source, target = rest.split()
        place = self.path(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        if not options:
            assert source.split("/")[0] in self._allowed, f"{source} is kept out of the context by {self._ignored.name}"
            _copy(ROOT / source, place)
        elif (name := options[0].removeprefix("--from=")) in self._stages:
            _copy(self._stages[name] / source.lstrip("/"), place)
        else:
            # The installer's own image: the one of this environment, whose version the Dockerfile must name.
            assert fnmatch(name, f"*/uv:{_version_of('uv')}"), name
            place.symlink_to(Path(sys.executable).parent / "uv")

    def _run(self, rest: str) -> None:
        environment = {
            key: value for key, value in os.environ.items() if key in {"HOME", "SSL_CERT_FILE"} or key.startswith(("UV_", "PIP_"))
        }
        environment["PATH"] = f"{self._stage}/usr/local/bin:{Path(sys.executable).parent}:/usr/bin:/bin"
        command = " ".join(self._placed(part) for part in rest.split())
        subprocess.run(["/bin/sh", "-c", command], env=environment, check=True, timeout=240, cwd=self._stage)

    def _workdir(self, rest: str) -> None:
        self.settings["WORKDIR"] = rest

    def _env(self, rest: str) -> None:
        name, _, value = rest.partition("=")
        self.environment[name] = value

    def _user(self, rest: str) -> None:
        self.settings["USER"] = rest

    def _expose(self, rest: str) -> None:
        self.settings["EXPOSE"] = rest

    def _entrypoint(self, rest: str) -> None:
        self.settings["ENTRYPOINT"] = rest

    def _cmd(self, rest: str) -> None:
        self.settings["CMD"] = rest

    def _placed(self, part: str) -> str:
        return str(self.path(part)) if part.startswith("/") else part


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _version_of(package: str) -> str:
    (pin,) = [line for line in (ROOT / "requirements-dev.txt").read_text().splitlines() if line.startswith(f"{package}==")]
    return pin.split(" ")[0].partition("==")[2]
