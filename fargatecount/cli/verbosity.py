"""How much a command writes to stderr: --quiet, --verbose and --debug, which every command has.

`--verbose` writes each request to AWS and Kubernetes with its time; `--debug` adds the parameters, and a traceback if the command fails.
Credentials, tokens and answers are never written.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import Any

import click

QUIET = "fargatecount.quiet"
"""Key of the context's `meta`."""
REQUESTS = "fargatecount.requests"
"""The logger of the adapters: INFO for each request, DEBUG for its parameters."""


def add_options(command: click.Command) -> None:
    """Add the three options to a command, and to the members of a group."""
    if isinstance(command, click.Group):
        for member in command.commands.values():
            add_options(member)
        if not command.invoke_without_command:
            return
    if not any(parameter.name == "quiet" for parameter in command.params):
        command.params += [
            _flag("-q", "--quiet", callback=_quiet, help="Print the answer and errors only: no warnings, notes and progress."),
            _flag("-v", "--verbose", callback=_verbose, help="Print each request and its time to stderr."),
            _flag("--debug", callback=_debug, help="As --verbose, with parameters, and tracebacks of errors."),
        ]


def is_quiet() -> bool:
    """Return whether --quiet is among the options of the command that runs."""
    context = click.get_current_context(silent=True)
    return bool(context is not None and context.meta.get(QUIET))


def is_debug(arguments: Sequence[str]) -> bool:
    """Return whether --debug is among the arguments of a command."""
    return "--debug" in (arguments[: arguments.index("--")] if "--" in arguments else arguments)


def log_requests(level: int) -> None:
    """Write the adapters' requests to stderr, once however often it is called."""
    logger = logging.getLogger(REQUESTS)
    logger.setLevel(level)
    if not logger.handlers:
        handler = _Stderr()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.propagate = False


class _Stderr(logging.Handler):
    """Writes to the stderr of the moment, so that a test that replaces it sees the lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        sys.stderr.write(self.format(record) + "\n")


def _flag(*names: str, callback: Any, help: str) -> click.Option:  # noqa: A002 - click's name
    return click.Option(names, is_flag=True, expose_value=False, is_eager=True, callback=callback, help=help)


def _quiet(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.meta[QUIET] = True


def _verbose(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        log_requests(logging.INFO)


def _debug(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        log_requests(logging.DEBUG)
