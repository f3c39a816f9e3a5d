"""`python -m local up | env | status | down`: the embedded AWS for people, behind `fargatecount local`.

Exit codes: 0 done, 1 no (`env` and `status` when nothing runs), 2 wrong use, 3 it could not be started or deployed to, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Final

from local.deploy import check
from local.errors import LocalError
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
    commands.add_parser("env", help="print export lines that make AWS clients and fargatecount talk to it")
    commands.add_parser("status", help="say whether it runs")
    commands.add_parser("down", help="stop it and remove what it kept")
    options = parser.parse_args(arguments)
    stack = Stack(options.state.resolve())
    try:
        if options.command == "up":
            return up(stack, options.service.resolve(), options.port)
        return {"env": env, "status": status, "down": down}[options.command](stack)
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
    if stack.process.pid is not None and stack.deployed:
        print(f"The embedded AWS is already up at {stack.endpoint}. Stop it with `fargatecount local down`.")
        return DONE
    check(service)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        print("Starting the emulator …", flush=True)
        stack.down()  # without a deployment the emulator is of no use
        stack.start(port)
        print("Deploying serverless.yml …", flush=True)
        stack.deploy(service)
    except BaseException:
        stack.down()
        raise
    print(NEXT.format(endpoint=stack.endpoint), end="")
    return DONE


def env(stack: Stack) -> int:
    """Print export lines for a POSIX shell."""
    if stack.process.pid is None:
        _fail_eval()
        return _not_up(stack)
    for name, value in stack.environment().items():
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
