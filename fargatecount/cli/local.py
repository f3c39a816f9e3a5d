"""`fargatecount local`: the embedded AWS of a checkout, kept running."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

CHECKOUT = Path(__file__).resolve().parents[2]


@click.command(context_settings={"ignore_unknown_options": True}, epilog='Example: eval "$(fargatecount local env)"')
@click.argument("action", type=click.Choice(["up", "env", "down", "status"]))
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def command(action: str, options: tuple[str, ...]) -> int:
    """Run an embedded AWS with this checkout deployed to it.

    `up` starts it, `env` and `status` describe it, `down` stops it. It needs a checkout with its development tools: `git clone`, then
    `make setup`.
    """
    if not (CHECKOUT / "local" / "__main__.py").exists():
        _fail_eval(action)
        raise click.UsageError(
            "the embedded AWS is part of a checkout, not of the installed package: git clone it and run `make setup` there"
        )
    with subprocess.Popen([sys.executable, "-m", "local", action, *options], cwd=CHECKOUT) as child:  # noqa: S603 - our own module
        while True:
            try:
                code = child.wait()
            except KeyboardInterrupt:
                # The terminal sends Ctrl-C to the child too, which stops what it started and reports it. `subprocess.run` would kill the
                # child after 0.25 s.
                continue
            if code:
                _fail_eval(action)
            return code


def _fail_eval(action: str) -> None:
    """Make `eval "$(fargatecount local env)"` fail: without it the shell would go on with the credentials of a real account."""
    if action == "env":
        click.echo("false")
