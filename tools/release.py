"""`make release`: everything that a release publishes, into dist/.

The same commit gives the same bytes, on any day: times in archives are those of the last commit, names are sorted, owners are
left out. Images are built where there is docker: by the workflow.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from fargatecount.stack.artifact import CODE, HUB_TEMPLATE, TEMPLATE
from tools import artifact
from tools.sbom import sbom
from tools.version import current, differing

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
SUMS = "SHA256SUMS"
FOLDERS = {"helm": "infra/helm", "terraform": "infra/terraform", "kubernetes": "infra/kubernetes"}
"""What is packed as it is."""
SINGLE_FILES = ("infra/watcher-role.yml", "infra/census-role.yml", "infra/grafana/scope.json", "infra/prometheus/rules.yml")
PARTS = {"functions": "requirements.txt", "watcher": "watcher/requirements.txt"}
"""What has a bill of materials, and the file that names everything in it."""


def main() -> None:
    """Build a release of the checkout."""
    if wrong := differing():
        sys.exit(f"these files name another version than {current()}: {', '.join(wrong)}; run python -m tools.version {current()}")
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    artifact.main()
    build(DIST, commit_time())
    for line in (DIST / SUMS).read_text().splitlines():
        print(line)
    print(f"\nFargatecount {current()}: {len(list(DIST.iterdir()))} files in dist/")


def build(target: Path, time: int) -> None:
    """Write all files of a release; the artifact is made."""
    version = current()
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(target)],
        cwd=ROOT,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(time)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    shutil.copyfile(artifact.TARGET / TEMPLATE, target / f"fargatecount-{version}.template.json")
    shutil.copyfile(artifact.TARGET / HUB_TEMPLATE, target / f"fargatecount-{version}.hub.template.json")
    shutil.copyfile(artifact.TARGET / CODE, target / f"fargatecount-{version}.function.zip")
    for name, folder in FOLDERS.items():
        if (ROOT / folder).is_dir():
            root = "fargatecount" if name == "helm" else f"fargatecount-{name}-{version}"
            archive = f"fargatecount-{version}.tgz" if name == "helm" else f"{root}.tgz"
            (target / archive).write_bytes(packed(ROOT / folder, root, time))
    for name in SINGLE_FILES:
        if (ROOT / name).exists():
            shutil.copyfile(ROOT / name, target / f"fargatecount-{version}.{Path(name).parent.name}-{Path(name).name}")
    for part, requirements in PARTS.items():
        (target / f"fargatecount-{version}.{part}.cdx.json").write_bytes(sbom(f"fargatecount-{part}", version, ROOT / requirements))
    (target / f"fargatecount-{version}.notes.md").write_text(notes((ROOT / "CHANGELOG.md").read_text(), version))
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(target.iterdir()) if path.name != SUMS}
    (target / SUMS).write_text("".join(f"{digest}  {name}\n" for name, digest in sums.items()))


def packed(folder: Path, root: str, time: int) -> bytes:
    """Return a folder as a gzipped tar whose bytes depend on names and contents alone; `helm` wants the chart's name as its root."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
            entry = tarfile.TarInfo(f"{root}/{path.relative_to(folder).as_posix()}")
            entry.size, entry.mtime, entry.mode = path.stat().st_size, time, 0o644
            archive.addfile(entry, io.BytesIO(path.read_bytes()))
    return gzip.compress(plain.getvalue(), mtime=time)


def notes(changelog: str, version: str) -> str:
    """Return the section of a version in the changelog; of what is unreleased, if the version has none yet."""
    sections = re.split(r"(?m)^## ", changelog)[1:]
    found = next((one for one in sections if one.startswith(f"[{version}]")), None) or next(
        one for one in sections if one.startswith("[Unreleased]")
    )
    _, _, body = found.partition("\n")
    return f"# Fargatecount {version}\n\n{body.strip()}\n"


def commit_time() -> int:
    """Return the time of the last commit, in seconds."""
    answer = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=True)
    return int(answer.stdout)


if __name__ == "__main__":
    main()
