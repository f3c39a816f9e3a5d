"""Consent before a change: a question on a terminal, `--yes` everywhere else (docs/adr/0010-consent.md)."""

from __future__ import annotations

import sys

import click


def require_consent(*, yes: bool) -> None:
    """Refuse to go on if `--yes` is missing and there is no terminal to ask on.

    Raises:
        click.UsageError: nothing was read or changed; the exit code is 2.
    """
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("this changes something, and there is no terminal to ask on: add --yes, or see the effect with --dry-run")


def ask(question: str, *, yes: bool, default: bool = False) -> None:
    """Ask on the terminal unless `--yes` was given; `default` is the answer of Enter: no, except where the change is easy to undo.

    Raises:
        click.Abort: the answer is no.
    """
    require_consent(yes=yes)
    if not yes:
        click.confirm(question, default=default, abort=True, err=True)
