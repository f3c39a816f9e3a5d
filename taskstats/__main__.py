"""`python -m taskstats`: writes what the containers of this ECS task use, as JSON lines on stdout, until SIGTERM.

Parses, wires, waits. Exit codes: 0 stopped by a signal or because its output has no reader any more, 1 `--once` failed to read,
2 wrong use, 3 the output cannot be written.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence

from taskstats.emf import NAMESPACE
from taskstats.endpoint import VARIABLE, Endpoint
from taskstats.sidecar import Options, Sidecar

VERSION = "0.2.0"
"""That of fargatecount, kept equal by a test: the image carries none of its code."""
EVERY = 10.0
"""Seconds between two readings: the period of Docker's own statistics on ECS is 1 s, that of CloudWatch's metrics 60 s."""
SHORTEST, LONGEST = 1.0, 3600.0


class SystemTimer:
    """Real time; a wait ends at the stop signal."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def now(self) -> int:
        """Return the time in microseconds, UTC."""
        return time.time_ns() // 1000

    def elapsed(self) -> float:
        """Return seconds that only go forward."""
        return time.monotonic()

    def wait(self, seconds: float) -> bool:
        """Wait; return whether to stop."""
        return self._stop.wait(seconds)


class _Once(SystemTimer):
    """Stops after the first reading."""

    def wait(self, seconds: float) -> bool:
        """Return that it is over."""
        del seconds
        return True


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="python -m taskstats",
        description="Write what each container of this ECS task uses, as one JSON document per container and reading.",
        epilog=f"The endpoint is that of ${VARIABLE}, which ECS sets in every container on Fargate platform 1.4.0 and later.",
    )
    made.add_argument("--every", metavar="SECONDS", type=_seconds, default=EVERY, help="time between two readings (%(default)g)")
    made.add_argument("--once", action="store_true", help="read once and end")
    made.add_argument("--sample", metavar="N", type=_count, default=1, help="write documents of every N-th reading; 0: none (%(default)s)")
    made.add_argument("--brief", action="store_true", help="leave out raw cgroup numbers and single cores, a third of the bytes")
    made.add_argument(
        "--metrics", metavar="NAMESPACE", nargs="?", const=NAMESPACE, default="", help=f"also CloudWatch metrics ({NAMESPACE})"
    )
    made.add_argument(
        "--service", metavar="NAME", default="", help="the ECS service, for the metrics: on Fargate the endpoint does not say"
    )
    made.add_argument("--account-name", metavar="NAME", default="", help="written as cloud.account.name")
    made.add_argument("--listen", metavar="HOST:PORT", help="serve the last reading at /metrics for Prometheus")
    made.add_argument("--allow-any-endpoint", action="store_true", help="accept an endpoint that is not link-local; for tests")
    made.add_argument("--version", action="version", version=VERSION)
    return made


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Read until stopped; return the exit code."""
    made = parser()
    given = made.parse_args(arguments)
    address = (os.environ if environment is None else environment).get(VARIABLE, "")
    if not address:
        made.error(f"${VARIABLE} is not set: this runs in a container of an ECS task, on Fargate platform 1.4.0 or later")
    try:
        endpoint = Endpoint(address, allow_any=given.allow_any_endpoint)
    except ValueError as error:
        made.error(f"${VARIABLE}: {error}" + ("" if given.allow_any_endpoint else "; --allow-any-endpoint accepts it"))
    options = Options(given.sample, given.brief, given.metrics, given.service, given.account_name)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    timer = _Once(stop) if given.once else SystemTimer(stop)
    sidecar = Sidecar(endpoint, timer, _write, options, os.cpu_count())
    server = None
    if given.listen:
        from taskstats.server import MetricsServer  # noqa: PLC0415 - 2 MB that other sidecars do not need

        host, port = _place(made, given.listen)
        try:
            server = MetricsServer(lambda: sidecar.state, host, port)
        except OSError as error:
            made.error(f"--listen {given.listen}: {error}")
        server.start()
    try:
        sidecar.run(given.every)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter's last flush fails as well
        if isinstance(error, BrokenPipeError):
            return 0
        sys.stderr.write(f"error: the output cannot be written: {error}\n")
        return 3
    finally:
        if server is not None:
            server.stop()
    return 1 if given.once and sidecar.state.failures else 0


def _write(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


def _place(made: argparse.ArgumentParser, listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal():
        made.error(f"--listen {listen!r}: expected HOST:PORT")
    return host.strip("[]"), int(port)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not SHORTEST <= seconds <= LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from {SHORTEST:g} to {LONGEST:g}")
    return seconds


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
