"""`fargatecount eks`: let the tool list the pods of EKS clusters, and show which it can list.

Every change is made with your rights: the deployed roles may change nothing in any cluster.
"""

from __future__ import annotations

from typing import Any

import click

from fargatecount.cli import eks_changes, eks_list, eks_logging, eks_sizes, options, output
from fargatecount.eks.enrollment.rbac import MANIFEST


@click.group(epilog="Example: fargatecount eks enroll --all --dry-run")
def command() -> None:
    """EKS clusters: let fargatecount list their pods, make pods log, show profiles and sizes."""


def _changing(function: Any) -> Any:
    """Add the options that enroll and unenroll share."""
    for option in (
        click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal."),
        click.option("--dry-run", is_flag=True, help="Print what would change, change nothing."),
        click.option(
            "--principal-arn",
            "principals",
            multiple=True,
            metavar="ARN",
            help="Grant access to this principal, such as a watcher's role, instead of the role of function reconcile; may be repeated. "
            "`reconcile` stands for the role of the function.",
        ),
        click.option("--all", "everything", is_flag=True, help="All clusters that have a Fargate profile."),
        options.output,
        options.place,
        click.argument("names", nargs=-1, metavar="[CLUSTER]..."),
    ):
        function = option(function)
    return function


@command.command(epilog="Example: fargatecount eks enroll web api --dry-run")
@_changing
def enroll(**chosen: Any) -> int:
    """Let function reconcile, or the principals you name, list the pods of clusters.

    The cluster gets an access entry in the group fargatecount:readers, and that group gets the right to list and watch pods, and no other.
    What your own rights do not allow, and what is edited by hand (ConfigMap aws-auth), is printed as commands. Running it again is safe.

    Exit code: 0 all is done, 1 something is left to do by hand, 3 AWS or a cluster could not be reached or refused.
    """
    return eks_changes.run(**chosen, removing=False)


@command.command(epilog="Example: fargatecount eks unenroll web --yes")
@_changing
def unenroll(**chosen: Any) -> int:
    """Revoke what enroll granted; the last known counts of the cluster stay, and are shown as unreadable.

    Exit code: as for enroll.
    """
    return eks_changes.run(**chosen, removing=True)


@command.command("list", epilog="Example: fargatecount eks list --json")
@options.output
@options.place
def list_(*, form: str, as_json: bool, **place: Any) -> int:
    """Show the EKS clusters: their authentication mode, whether function reconcile is enrolled, and which source reads them."""
    return eks_list.run("json" if as_json else form, place)


@command.command(epilog="Example: fargatecount eks sizes web")
@options.output
@options.place
@click.argument("names", nargs=-1, metavar="[CLUSTER]...")
def sizes(*, names: tuple[str, ...], form: str, as_json: bool, **place: Any) -> int:
    """Show Fargate profiles and what lands on them, and what pods ask for and get.

    Fargate adds 256 MiB to what a pod asks for and rounds up to the next size. Shown are pods that got another size than they asked for,
    and what slightly smaller requests (by a quarter at most) would save; with metrics-server, also what they use now.

    Exit code: 0 shown, 2 no such cluster, 3 AWS or a cluster could not be reached or refused.
    """
    return eks_sizes.run(names, "json" if as_json else form, place)


@command.command(epilog="Example: fargatecount eks manifest | kubectl apply -f -")
def manifest() -> None:
    """Print the rights of the group fargatecount:readers as a manifest for kubectl."""
    output.print_json({"apiVersion": "v1", "kind": "List", "items": list(MANIFEST)})


command.add_command(eks_logging.command, "logging")
