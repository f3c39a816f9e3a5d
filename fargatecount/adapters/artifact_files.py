"""The artifact in this installation: files that the wheel carries beside the code."""

from __future__ import annotations

from importlib.resources import files

from fargatecount.errors import MisconfiguredError
from fargatecount.stack.artifact import CODE, MANIFEST, TEMPLATE, Artifact, open_artifact

FOLDER = "artifact"


def installed_artifact() -> Artifact:
    """Return the template and the code of this installation.

    Raises:
        MisconfiguredError: it carries none, or a file is damaged.
    """
    folder = files("fargatecount").joinpath(FOLDER)
    found = {name: part.read_bytes() for name in (MANIFEST, TEMPLATE, CODE) if (part := folder.joinpath(name)).is_file()}
    if MANIFEST not in found:
        raise MisconfiguredError(
            "this installation carries no template: it is a checkout, not a release",
            remedy="run `make artifact` in the checkout (needs node), or install a release: pipx install fargatecount",
        )
    return open_artifact(found.pop(MANIFEST), found)
