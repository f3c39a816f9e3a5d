"""The options that say what names the owner of a workload."""

from __future__ import annotations

from collections.abc import Callable

import click

from fargatecount.cli.options import F
from fargatecount.settings.environment import PREFIX
from fargatecount.settings.owners import parse_label_key, parse_tag_key


def owners(function: F) -> F:
    """Add the options that say what names the owner of a workload."""
    for option in (
        click.option(
            "--owner-label",
            envvar=f"{PREFIX}OWNER_LABEL",
            default="",
            metavar="KEY",
            callback=lambda _context, _parameter, text: _key(parse_label_key, text),
            help="Label of pods that names their owner. With --by owner.",
        ),
        click.option(
            "--owner-tag",
            envvar=f"{PREFIX}OWNER_TAG",
            default="",
            metavar="KEY",
            callback=lambda _context, _parameter, text: _key(parse_tag_key, text),
            help="Tag of tasks and services that names their owner. With --by owner.",
        ),
    ):
        function = option(function)
    return function


def _key(parse: Callable[[str], str], text: str) -> str:
    try:
        return parse(text) if text else ""
    except ValueError as error:
        raise click.BadParameter(f"{text!r}: {error}") from error
