"""`fargatecount completion`: the script by which a shell completes commands, options and their words."""

from __future__ import annotations

import click


@click.command(epilog="Example: fargatecount completion bash >> ~/.bashrc")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(*, shell: str) -> None:
    """Print the completion script for a shell.

    \b
    bash   fargatecount completion bash >> ~/.bashrc    (bash 4.4 or newer)
    zsh    fargatecount completion zsh >> ~/.zshrc      (after compinit)
    fish   fargatecount completion fish > ~/.config/fish/completions/fargatecount.fish

    Nothing is completed over the network: names of clusters and services are not.
    """  # noqa: D301 - click takes the character \b for "leave these lines as they are"
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - only this command needs it

    root = click.get_current_context().find_root()
    made = get_completion_class(shell)
    assert made is not None  # the choices are click's own
    click.echo(made(root.command, {}, root.info_name or "fargatecount", VARIABLE).source())


VARIABLE = "_FARGATECOUNT_COMPLETE"
"""By which the script asks; click answers to this name where the program is called fargatecount."""
