"""`python -m local up | env | status | down`: the embedded AWS for people, behind `fargatecount local`.

Exit codes: 0 done, 1 no (`env` and `status` when nothing runs), 2 wrong use, 3 it could not be started or deployed to, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from local.deploy import check
from local.errors import LocalError
from local.organization import MOST, EmbeddedOrganization
from local.place import Place
from local.process import CHECKOUT
from local.stack import DEFAULT_STATE, Stack

DONE: Final = 0
NO: Final = 1
FAILED: Final = 3
INTERRUPTED: Final = 130

NEXT: Final = """The embedded AWS is up at {endpoint}, and fargatecount is deployed to it.

  eval "$(fargatecount local env)"     this shell talks to it as to AWS
  fargatecount status                  the counters
  python -m local.eks_clusters demo    an EKS cluster with pods, which is to be enrolled: docs/eks.md
  fargatecount local down              stop it and forget everything
"""

NEXT_ORGANIZATION: Final = """The embedded AWS is up at {endpoint}, with an organization of {accounts} accounts and {regions} Regions.

{places}
  eval "$(fargatecount local env)"     this shell talks to the hub as to AWS
  fargatecount status --organization   all of them
  eval "$(fargatecount local env --account {last.account} --region {last.region})"
                                       this shell is in that account and Region
  fargatecount local down              stop it and forget everything
"""

# They would override what `env` sets, or be sent with it.
_IN_THE_WAY: Final = ("AWS_PROFILE", "AWS_SESSION_TOKEN")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="fargatecount local", description="An embedded AWS on this machine.")
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE, help="where it keeps its files (default: %(default)s)")
    commands = parser.add_subparsers(dest="command", required=True)
    up_parser = commands.add_parser("up", help="start it and deploy serverless.yml to it; returns when deployed")
    up_parser.add_argument("--port", type=int, help="listen there (default: a free port)")
    up_parser.add_argument("--service", type=Path, default=CHECKOUT, help="directory of the serverless.yml (default: %(default)s)")
    up_parser.add_argument("--accounts", type=_few, help=f"deploy a hub and members to so many accounts of an organization, 1 to {MOST}")
    up_parser.add_argument("--regions", type=_few, help=f"in so many Regions of each, 1 to {MOST}")
    env_parser = commands.add_parser("env", help="print export lines that make AWS clients and fargatecount talk to it")
    env_parser.add_argument("--account", help="an account of the organization (default: that of the hub)")
    env_parser.add_argument("--region", help="a Region of the organization (default: that of the hub)")
    commands.add_parser("status", help="say whether it runs")
    commands.add_parser("down", help="stop it and remove what it kept")
    options = parser.parse_args(arguments)
    stack = Stack(options.state.resolve())
    try:
        if options.command == "up":
            if options.accounts or options.regions:
                return up_organization(stack, options.port, options.accounts or 1, options.regions or 1)
            return up(stack, options.service.resolve(), options.port)
        if options.command == "env":
            return env(stack, options.account, options.region)
        return {"status": status, "down": down}[options.command](stack)
    except LocalError as error:
        if options.command == "env":
            _fail_eval()
        print(f"fargatecount local: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("fargatecount local: interrupted; everything is stopped", file=sys.stderr)
        return INTERRUPTED


def up(stack: Stack, service: Path, port: int | None) -> int:
    """Start and deploy; if that fails or is interrupted, nothing is left."""
    if _is_up(stack):
        return DONE
    check(service)
    with _started(stack, port):
        print("Deploying serverless.yml …", flush=True)
        stack.deploy(service)
    print(NEXT.format(endpoint=stack.endpoint), end="")
    return DONE


def up_organization(stack: Stack, port: int | None, accounts: int, regions: int) -> int:
    """Start, and deploy the hub and the members of an organization; likewise."""
    if _is_up(stack):
        return DONE
    check(CHECKOUT)
    with _started(stack, port):
        print(f"Deploying a hub and {accounts * regions} members …", flush=True)
        organization = EmbeddedOrganization(stack, accounts, regions)
        organization.deploy()
    places = "".join(f"  {place.account} {place.region}{'   the hub' if not n else ''}\n" for n, place in enumerate(stack.places))
    print(
        NEXT_ORGANIZATION.format(endpoint=stack.endpoint, accounts=accounts, regions=regions, places=places, last=stack.places[-1]), end=""
    )
    return DONE


def _is_up(stack: Stack) -> bool:
    if stack.process.pid is None or not stack.deployed:
        return False
    print(f"The embedded AWS is already up at {stack.endpoint}. Stop it with `fargatecount local down`.")
    return True


@contextmanager
def _started(stack: Stack, port: int | None) -> Iterator[None]:
    """Start the emulator; if the body fails or is interrupted, nothing is left of it."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        print("Starting the emulator …", flush=True)
        stack.down()  # without a deployment the emulator is of no use
        stack.start(port)
        yield
    except BaseException:
        stack.down()
        raise


def env(stack: Stack, account: str | None = None, region: str | None = None) -> int:
    """Print export lines for a POSIX shell: of the hub, or of the named account and Region of an organization."""
    if stack.process.pid is None:
        _fail_eval()
        return _not_up(stack)
    for name, value in stack.environment(_place(stack, account, region)).items():
        print(f"export {name}={shlex.quote(value)}")
    in_the_way = [name for name in _IN_THE_WAY if name in os.environ]
    if in_the_way:
        print(f"unset {' '.join(in_the_way)}")
    return DONE


def status(stack: Stack) -> int:
    """Print whether it runs."""
    if stack.process.pid is None:
        return _not_up(stack)
    print(
        f"up at {stack.endpoint}, process {stack.process.pid}, {'deployed' if stack.deployed else 'not deployed'}, log {stack.process.log}"
    )
    return DONE


def down(stack: Stack) -> int:
    """Stop it."""
    print("Stopped; nothing is left running." if stack.down() else "Nothing was running.")
    return DONE


def _place(stack: Stack, account: str | None, region: str | None) -> Place | None:
    """Return the first place of the organization that fits; None where none is deployed.

    Raises:
        LocalError: no place fits.
    """
    if not stack.places and account is None and region is None:
        return None
    for place in stack.places:
        if account in {None, place.account} and region in {None, place.region}:
            return place
    known = ", ".join(f"{place.account} {place.region}" for place in stack.places) or "only the account of `fargatecount local env`"
    raise LocalError(f"there is no account {account or 'of any name'} in {region or 'any Region'} here: deployed is {known}")


def _few(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and {MOST}")
    return number


def _fail_eval() -> None:
    """Print a line that makes `eval` fail: otherwise the shell would continue with the credentials of a real account."""
    print("false # the embedded AWS does not run: fargatecount local up")


def _not_up(stack: Stack) -> int:
    print(f"fargatecount local: nothing runs in {stack.state}: start it with `fargatecount local up`", file=sys.stderr)
    return NO


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
