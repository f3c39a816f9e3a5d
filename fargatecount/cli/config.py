"""`fargatecount config`: the configuration file, and where each value in force comes from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import msgspec

from fargatecount.cli import options, output
from fargatecount.cli.atomic_file import write_atomically
from fargatecount.cli.config_file import ALIASES, CHOSEN, FILE, VARIABLES, config_path, read_config, values_of
from fargatecount.errors import MisconfiguredError

SCHEMA = "fargatecount/config"
VERSION = 1
KEYS = ["deployment", *VARIABLES]


class ConfigValue(msgspec.Struct, frozen=True, kw_only=True):
    """One value."""

    key: str
    value: str | None
    source: str
    """`environment NAME`, `file`, `file [deployments.NAME]`, or `default`."""


class ConfigDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `config show --json`."""

    schema: str = SCHEMA
    version: int = VERSION
    path: str
    exists: bool
    deployments: list[str]
    values: list[ConfigValue]


@click.group(epilog="Example: fargatecount config set region eu-west-1")
def command() -> None:
    """Show and change the configuration file."""


@command.command(epilog="Example: fargatecount config path")
def path() -> None:
    """Print where the configuration file is, or would be."""
    click.echo(str(config_path(os.environ)))


@command.command(epilog="Examples: fargatecount config show; fargatecount config show --deployment staging --json")
@click.option("--deployment", envvar=CHOSEN, metavar="NAME", help="Deployment of the configuration file.")
@options.output
def show(*, deployment: str | None, form: str, as_json: bool) -> None:
    """Show the values in force, and where each comes from.

    An option of a command comes before all of them.
    """
    document = config_document(config_path(os.environ), deployment, dict(os.environ))
    if as_json or form == "json":
        output.print_json(document)
    elif form == "csv":
        output.print_csv([msgspec.structs.asdict(each) for each in document.values])
    else:
        rows = [[each.key, each.value or "-", each.source] for each in document.values]
        output.show(output.table("Configuration", ["KEY", "VALUE", "SOURCE"], rows, texts=("VALUE",)))
        click.echo(f"File: {document.path}" + ("" if document.exists else ", which does not exist"))
        if document.deployments:
            click.echo(f"Deployments: {', '.join(document.deployments)}")


@command.command(
    name="set",
    epilog="Examples: fargatecount config set region eu-west-1; fargatecount config set --deployment staging stage staging; "
    "fargatecount config set deployment staging",
)
@click.argument("key", type=options.SuggestingChoice(KEYS))
@click.argument("value")
@click.option("--deployment", metavar="NAME", help="Set it for this deployment only.")
def set_value(*, key: str, value: str, deployment: str | None) -> None:
    """Set a value in the configuration file; an empty one removes it.

    \b
    deployment  the deployment that is selected by default
    region, profile, role-arn, stage, stack, table  as the options of these names
    output      table, wide, json or csv
    """  # noqa: D301 - click takes the character \b for "leave these lines as they are"
    where = config_path(os.environ)
    write_value(where, key, _checked(key, value), deployment)
    place = f" of deployment {deployment}" if deployment else ""
    click.echo(f"{where}: {key}{place} is {value}" if value else f"{where}: {key}{place} is not set any more", err=True)


def config_document(path: Path, deployment: str | None, environment: dict[str, str]) -> ConfigDocument:
    """Return the values in force; raises MisconfiguredError as `read_config` and `values_of`."""
    config = read_config(path)
    chosen = deployment or config.deployment
    values = values_of(config, chosen)
    origin = "environment " + CHOSEN if environment.get(CHOSEN) else "file" if config.deployment == chosen else "option --deployment"
    found = [ConfigValue(key="deployment", value=chosen, source=origin if chosen else "default")]
    for key, variable in VARIABLES.items():
        named = next((name for name in (variable, ALIASES.get(variable, "")) if environment.get(name)), None)
        if named is not None:
            found.append(ConfigValue(key=key, value=environment[named], source=f"environment {named}"))
        elif key in values:
            own = getattr(config.deployments[chosen], key.replace("-", "_")) if chosen else None
            found.append(ConfigValue(key=key, value=values[key], source=f"file [deployments.{chosen}]" if own else "file"))
        else:
            found.append(ConfigValue(key=key, value=None, source="default"))
    return ConfigDocument(path=str(path), exists=path.exists(), deployments=sorted(config.deployments), values=found)


def write_value(path: Path, key: str, value: str, deployment: str | None) -> None:
    """Set or remove one value; comments and the order of the file stay.

    Raises:
        MisconfiguredError: the file is not valid, or would not be after the change.
    """
    import tomlkit  # noqa: PLC0415 - only for a change

    read_config(path)
    document: Any = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    table = document
    if deployment is not None:
        if key == "deployment":
            raise MisconfiguredError("a deployment has no deployment", remedy="leave out --deployment")
        for name in ("deployments", deployment):
            if name not in table:
                table[name] = tomlkit.table(is_super_table=name == "deployments")
            table = table[name]
    if value:
        table[key] = value
    else:
        table.pop(key, None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MisconfiguredError(f"cannot create {path.parent}: {error.strerror or error}", remedy=f"set {FILE} to another file") from error
    write_atomically(path, tomlkit.dumps(document))


def _checked(key: str, value: str) -> str:
    if value and key == "role-arn":
        return options.check_role_arn(value)
    if value and key == "output" and value not in options.FORMS:
        raise click.BadParameter(f"{value!r} is not one of {', '.join(options.FORMS)}")
    return value
