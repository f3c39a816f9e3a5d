"""`fargatecount completion`: the script by which a shell completes commands, options and their values."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

VARIABLE = "_FARGATECOUNT_COMPLETE"
"""The variable by which the script asks for completions; click derives this name from the program's name, `fargatecount`."""


@click.command(epilog="Example: fargatecount completion bash >> ~/.bashrc")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(*, shell: str) -> None:
    """Print the completion script for a shell.

    \b
    bash   fargatecount completion bash >> ~/.bashrc    (bash 4.4 or newer)
    zsh    fargatecount completion zsh >> ~/.zshrc      (after compinit)
    fish   fargatecount completion fish > ~/.config/fish/completions/fargatecount.fish

    Completion makes no network call, so it does not complete names of clusters and services.
    """  # noqa: D301 - click takes the character \b for "leave these lines as they are"
    root = click.get_current_context().find_root()
    found = get_completion_class(shell)
    assert found is not None  # the choices are click's own
    click.echo(found(root.command, {}, root.info_name or "fargatecount", VARIABLE).source())
