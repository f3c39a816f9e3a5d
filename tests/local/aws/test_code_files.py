"""The files of the functions' code, shared by their processes."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from local.aws.code_files import CodeFiles


def archive(path: Path, text: str) -> Path:
    """Write a zip with one module."""
    with zipfile.ZipFile(path, "w") as code:
        code.writestr("handlers/publish.py", text)
    return path


def linked(files: CodeFiles, code: Path, process: Path) -> Path:
    """Return the code directory of a new process."""
    (process / "code").mkdir(parents=True)
    files.link(code, process / "code")
    return process / "code"


def test_processes_of_one_code_share_its_files(tmp_path: Path) -> None:
    """What the first one leaves there, such as byte code, the second finds; other code has files of its own."""
    files = CodeFiles(tmp_path / "shared")
    first = linked(files, archive(tmp_path / "a.zip", "old"), tmp_path / "1")
    (first / "handlers" / "publish.pyc").write_bytes(b"compiled")
    second = linked(files, archive(tmp_path / "b.zip", "old"), tmp_path / "2")
    other = linked(files, archive(tmp_path / "c.zip", "new"), tmp_path / "3")
    assert (second / "handlers" / "publish.pyc").read_bytes() == b"compiled"
    assert (other / "handlers" / "publish.py").read_text() == "new"
    assert not (other / "handlers" / "publish.pyc").exists()


def test_a_process_that_ends_leaves_the_files_to_the_others(tmp_path: Path) -> None:
    """Its directory is removed with the link alone."""
    files, code = CodeFiles(tmp_path / "shared"), archive(tmp_path / "a.zip", "text")
    linked(files, code, tmp_path / "1")
    kept = linked(files, code, tmp_path / "2")
    shutil.rmtree(tmp_path / "1")
    assert (kept / "handlers" / "publish.py").read_text() == "text"
