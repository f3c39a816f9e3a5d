"""The configuration file of the command line: where your deployments are, so that no command has to name them.

Each key stands for an environment variable, and is used only where that variable is not set: an option comes before the environment, the
environment before the file. Keys at the top of the file hold for every command; a table `[deployments.NAME]` holds those of one
deployment, which `--deployment NAME`, FARGATECOUNT_DEPLOYMENT or the key `deployment` selects.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fargatecount.errors import MisconfiguredError
from fargatecount.matching import did_you_mean

FILE = "FARGATECOUNT_CONFIG"
"""The variable that names another file."""
MAX_BYTES = 1_000_000
"""A file with a thousand deployments has a tenth of it; a device such as /dev/zero has no end."""
CHOSEN = "FARGATECOUNT_DEPLOYMENT"
"""The variable that selects a deployment of the file."""
VARIABLES = {
    "region": "AWS_REGION",
    "profile": "AWS_PROFILE",
    "role-arn": "FARGATECOUNT_ROLE_ARN",
    "stage": "FARGATECOUNT_STAGE",
    "stack": "FARGATECOUNT_STACK",
    "table": "FARGATECOUNT_TABLE",
    "output": "FARGATECOUNT_OUTPUT",
}
"""The environment variable of each key."""
ALIASES = {"AWS_REGION": "AWS_DEFAULT_REGION", "AWS_PROFILE": "AWS_DEFAULT_PROFILE"}
"""Older names of variables, which botocore reads too (https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html)."""
ENDPOINT = "AWS_ENDPOINT_URL"
"""Where it is set, as by `fargatecount local env`, no place in AWS is meant, and only `output` is used."""


class Values(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Values for one deployment; None is not set."""

    region: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    stage: str | None = None
    stack: str | None = None
    table: str | None = None
    output: str | None = None


class ConfigFile(Values, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The whole file."""

    deployment: str | None = None
    """The deployment that is selected if no option and no variable selects one."""
    deployments: dict[str, Values] = {}


def config_path(environment: Mapping[str, str]) -> Path:
    """Return where the file is, or would be.

    By the XDG rules (https://specifications.freedesktop.org/basedir-spec/latest/); on Windows in %APPDATA%.
    """
    if environment.get(FILE):
        return Path(environment[FILE])
    if sys.platform == "win32" and environment.get("APPDATA"):
        return Path(environment["APPDATA"]) / "fargatecount" / "config.toml"
    base = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME") or "~").expanduser() / ".config")
    return Path(base) / "fargatecount" / "config.toml"


def read_config(path: Path) -> ConfigFile:
    """Return the file's content; an absent file is empty.

    Raises:
        MisconfiguredError: the file cannot be read, is no TOML, or has an unknown key or a value that is no text; the text says which.
    """
    import tomllib  # noqa: PLC0415 - only where there is a file to read

    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1).decode()
    except FileNotFoundError:
        return ConfigFile()
    except (OSError, UnicodeError) as error:
        raise MisconfiguredError(
            f"{path} cannot be read: {error}", remedy=f"correct or delete it, or set {FILE} to another file"
        ) from error
    if len(text) > MAX_BYTES:
        raise MisconfiguredError(
            f"{path} has more than {MAX_BYTES} characters", remedy=f"it is no configuration file: set {FILE} to another"
        )
    try:
        return msgspec.convert(tomllib.loads(text), ConfigFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise MisconfiguredError(
            f"{path}: {error}", remedy=f"known keys: deployment, {', '.join(VARIABLES)}; tables: [deployments.NAME]"
        ) from error


def values_of(config: ConfigFile, name: str | None) -> dict[str, str]:
    """Return the values of a deployment by key; those at the top of the file where the deployment has none. Pure.

    Raises:
        MisconfiguredError: the file has no deployment of that name.
    """
    chosen = Values()
    if name is not None:
        found = config.deployments.get(name)
        if found is None:
            known = ", ".join(sorted(config.deployments)) or "none"
            raise MisconfiguredError(
                f"the configuration has no deployment {name!r}{did_you_mean(name, config.deployments)}",
                remedy=f"there are: {known}; add one with: fargatecount config set --deployment {name} region REGION",
            )
        chosen = found
    pairs = ((key, getattr(chosen, _field(key)) or getattr(config, _field(key))) for key in VARIABLES)
    return {key: value for key, value in pairs if value}


def variables_of(config: ConfigFile, name: str | None, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables that the file adds to an environment. Pure.

    Raises:
        MisconfiguredError: no such deployment, or one was selected although AWS_ENDPOINT_URL leads away from AWS.
    """
    chosen = name or environment.get(CHOSEN) or config.deployment
    values = values_of(config, chosen)
    if environment.get(ENDPOINT):
        if name is not None:
            raise MisconfiguredError(
                f"--deployment {name} names a place in AWS, but {ENDPOINT} is {environment[ENDPOINT]}",
                remedy=f"unset {ENDPOINT}, or leave it out",
            )
        values = {key: value for key, value in values.items() if key == "output"}
    return {
        VARIABLES[key]: value
        for key, value in values.items()
        if not environment.get(VARIABLES[key]) and not environment.get(ALIASES.get(VARIABLES[key], ""))
    }


def apply_config(name: str | None) -> None:
    """Add the file's values to this process's environment; raises as `read_config` and `variables_of`."""
    config = read_config(config_path(os.environ))
    if name is not None or config != ConfigFile():
        os.environ.update(variables_of(config, name, os.environ))


def _field(key: str) -> str:
    return key.replace("-", "_")
