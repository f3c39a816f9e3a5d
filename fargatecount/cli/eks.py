"""`fargatecount eks`: lets the tool read the pods of EKS clusters, and says where it stands.

Everything is done with the rights of whoever runs it: the deployed roles may change nothing in any cluster.
"""

from __future__ import annotations

from typing import Any

import click

from fargatecount.cli import eks_changes, eks_list, options, output


@click.group(epilog="Example: fargatecount eks enroll --all --dry-run")
def command() -> None:
    """Let fargatecount list the pods of EKS clusters."""


def _changing(function: Any) -> Any:
    """What enroll and unenroll have in common."""
    for option in (
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option("--dry-run", is_flag=True, help="Say what would change, change nothing."),
        click.option(
            "--principal-arn",
            "principals",
            multiple=True,
            metavar="ARN",
            help="Whom to let in instead of the role of function reconcile, such as a watcher's role; may be repeated. "
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
    """Let the function reconcile, or whomever you name, list the pods of clusters.

    The cluster gets an access entry in the group fargatecount:readers, and the group gets the right to list and watch pods, and no other.
    What you may not do yourself, and what is edited by hand (the ConfigMap aws-auth), is printed as commands. Run it as often as you like.

    Exit code: 0 all is done, 1 something is left to do by hand, 3 AWS or a cluster could not be reached or refused.
    """
    return eks_changes.run(**chosen, removing=False)


@command.command(epilog="Example: fargatecount eks unenroll web --yes")
@_changing
def unenroll(**chosen: Any) -> int:
    """Take back what enroll has given; the last known counts of the cluster stay, and are shown as unreadable.

    Exit code: as for enroll.
    """
    return eks_changes.run(**chosen, removing=True)


@command.command("list", epilog="Example: fargatecount eks list --json")
@options.output
@options.place
def list_(*, form: str, as_json: bool, **place: Any) -> int:
    """Show the EKS clusters: how they let callers in, whether function reconcile is enrolled, and who reads them."""
    return eks_list.run("json" if as_json else form, place)


@command.command(epilog="Example: fargatecount eks manifest | kubectl apply -f -")
def manifest() -> None:
    """Print the rights that the group fargatecount:readers gets, for kubectl."""
    from fargatecount.eks.enrollment.rbac import MANIFEST  # noqa: PLC0415

    output.print_json({"apiVersion": "v1", "kind": "List", "items": list(MANIFEST)})
