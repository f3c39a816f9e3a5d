"""The image of the watcher contains what it needs to start, and no more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.watcher.image import ROOT, Image

pytestmark = pytest.mark.xdist_group("image")  # one process: the image is built once


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The built image."""
    made = Image(tmp_path_factory.mktemp("image"))
    made.build()
    return made


def test_watcher_starts(image: Image) -> None:
    """The entry point works with the copied files and the installed requirements alone."""
    ended = image.start("--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "usage: python -m watcher" in ended.stdout


def test_watcher_finds_all_its_libraries(image: Image) -> None:
    """Every module that an option needs is installed: without AWS settings the watcher fails because of the Region, not of a library."""
    ended = image.start("--cluster", "web", "--in-cluster")
    assert ended.returncode == 2
    assert "error: opening an AWS session: no Region is set" in ended.stderr
    imports = "import watcher.kube, watcher.supervisor, fargatecount.adapters.dynamodb.ledger"
    python = Path(json.loads(image.settings["ENTRYPOINT"])[0])
    image.settings["ENTRYPOINT"] = json.dumps([str(python), "-c"])
    try:
        assert image.start(imports).returncode == 0
    finally:
        image.settings["ENTRYPOINT"] = json.dumps([str(python), "-m", "watcher"])


def test_image_does_not_run_as_root(image: Image) -> None:
    """The image runs as a numeric user other than root."""
    user, _, group = image.settings["USER"].partition(":")
    assert int(user) > 0
    assert int(group) > 0


def test_installer_stays_behind(image: Image) -> None:
    """The final image contains neither the installer nor its requirements file."""
    assert not image.path("/usr/local/bin/uv").exists()
    assert not image.path("/build").exists()


def test_requirements_are_pinned_as_everywhere() -> None:
    """The image has exactly the versions that the tests run with."""
    tested = set((ROOT / "requirements-dev.txt").read_text().split("\n"))
    carried = [line for line in (ROOT / "watcher" / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in carried if line not in tested] == []
    assert len(carried) > 10
