"""Lambda: the processes of a function share the files of its code, which none of them may change.

AWS mounts the code read-only at /var/task. The emulator extracts the whole zip for each process that it starts, and each process compiles
every module again: together half of the time of a start.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.core import lambda_runtime

from local.aws.code_files import CodeFiles


def apply() -> None:
    """Extract each zip once, and let the first process that imports a module keep its byte code for the others."""
    shared = CodeFiles(Path(tempfile.gettempdir()) / "shared-code")

    class LinkedZip(zipfile.ZipFile):
        """A zip that is extracted by a link."""

        def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
            """Put the link at `path`, an empty directory; raises what `CodeFiles` does where it is none."""
            assert self.filename is not None, "the emulator extracts files"
            assert (members, pwd) == (None, None), "it extracts them whole"
            shared.link(Path(self.filename), Path(path))

    lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": LinkedZip})
    # It holds for the emulator itself, which read it at its start. Its children have this environment.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
