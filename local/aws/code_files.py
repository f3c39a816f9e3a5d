"""The files of the functions' code: each zip is extracted once, and every process of a function gets a link to it."""

from __future__ import annotations

import hashlib
import os
import threading
import zipfile
from pathlib import Path


class CodeFiles:
    """The extracted files of each zip, below one directory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._extracting = threading.Lock()

    def link(self, archive: Path, path: Path) -> None:
        """Replace the empty directory `path` by a link to the files of the zip.

        The link is removed like a file, so that who removes the directory around it leaves the files to the others.
        """
        files = self._files(archive)
        path.rmdir()
        path.symlink_to(files, target_is_directory=True)

    def _files(self, archive: Path) -> Path:
        found = self._root / hashlib.sha256(archive.read_bytes()).hexdigest()
        with self._extracting:
            if not found.exists():
                partial = found.with_suffix(f".{os.getpid()}.partial")
                with zipfile.ZipFile(archive) as code:
                    code.extractall(partial)
                partial.rename(found)
        return found
