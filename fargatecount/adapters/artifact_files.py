"""The artifact in this installation: files that the wheel carries beside the code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from fargatecount.errors import MisconfiguredError
from fargatecount.stack.artifact import CODE, HUB_TEMPLATE, MANIFEST, TEMPLATE, Artifact, open_artifact

FOLDER = "artifact"
VARIABLE = "FARGATECOUNT_ARTIFACT"
"""The variable that names a folder with another artifact, such as one that `make artifact` wrote in a checkout."""


def installed_artifact(environment: Mapping[str, str] = os.environ, template: str = TEMPLATE) -> Artifact:
    """Return a template and the code of this installation, or of the folder that the environment names.

    Raises:
        MisconfiguredError: it carries none, or a file is damaged.
    """
    named = environment.get(VARIABLE)
    folder: Traversable = Path(named) if named else files("fargatecount").joinpath(FOLDER)
    found = {name: part.read_bytes() for name in (MANIFEST, TEMPLATE, HUB_TEMPLATE, CODE) if (part := folder.joinpath(name)).is_file()}
    if MANIFEST not in found:
        raise MisconfiguredError(
            f"there is no {MANIFEST} in {named}" if named else "this installation carries no template: it is a checkout, not a release",
            remedy="run `make artifact` in the checkout (needs node), or install a release: pipx install fargatecount",
        )
    return open_artifact(found.pop(MANIFEST), found, template)
