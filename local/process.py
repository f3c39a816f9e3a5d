"""Starts, watches and stops the emulator's process.

Promise: the emulator listens on loopback only, gets nothing from the caller's environment that could change what it does (no AWS settings,
no PYTHONPATH), writes only into its state directory, and is gone with everything that it started after `stop`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final

from local.errors import LocalError, PortTakenError
from local.lock import ProcessLock

HOST: Final = "127.0.0.1"
REGION: Final = "eu-west-1"

# Importing the emulator takes a second or two; ten times that for a busy machine.
START_SECONDS: Final = 30.0
# A killed process is gone as soon as the kernel has reclaimed its memory.
STOP_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 0.05

CHECKOUT: Final = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def environment(port: int, state: Path) -> dict[str, str]:
    """Return the whole environment of the emulator."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TZ") if name in os.environ}
    return kept | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        # The functions run as processes of this Python, under the IAM policies of their roles.
        "LAMBDA_EXECUTOR": "local",
        "AUTH": "true",
        # Above the concurrency of any event source mapping: below it, throttled batches would hide for the visibility timeout.
        "LAMBDA_ACCOUNT_CONCURRENCY": "64",
        # It would listen on all interfaces.
        "IOT_MTLS_ENABLED": "false",
        "SFTP_ENABLED": "0",
        # Never the Docker of the machine: this process could not clean up its containers.
        "DOCKER_HOST": f"unix://{state / 'no-docker.sock'}",
        "STATE_DIR": str(state / "state"),
        "S3_DATA_DIR": str(state / "s3"),
        "TMPDIR": str(state / "tmp"),
        "LOG_LEVEL": "WARNING",  # a log line per event is most of the work in a stop storm
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


class EmulatorProcess:
    """The emulator of one state directory."""

    def __init__(self, state: Path) -> None:
        """Use this state directory; nothing is started."""
        self.state = state
        self.log = state / "emulator.log"
        self._lock = ProcessLock(state)
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The id of the running emulator; None when there is none."""
        return self._lock.holder()

    def start(self, port: int, *, owned: bool) -> None:
        """Start the emulator, and wait until it answers.

        Args:
            port: Where it listens.
            owned: It ends with the calling process, however that ends; otherwise it goes on.

        Raises:
            PortTakenError: Another program listens there.
            LocalError: It did not come up.
        """
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                raise PortTakenError(f"port {port} is taken by another program: leave --port out, and a free one is chosen")
        (self.state / "tmp").mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "local.emulator", "--state", str(self.state)]
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [*command, "--while-stdin-is-open"] if owned else command,
                cwd=CHECKOUT,
                env=environment(port, self.state),
                stdin=subprocess.PIPE if owned else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is for the caller, which then stops the emulator
            )
        try:
            if not wait_until(lambda: self._child_died() or answers(port), START_SECONDS):
                raise LocalError(f"the emulator did not answer within {START_SECONDS:g} s: see {self.log}")
            if self._child_died():
                why = last_lines(self.log, 3) or "it wrote nothing, as when another `local up` stops it or is faster: run the command again"
                raise LocalError(f"the emulator ended at once: {why} (all of it: {self.log})")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the emulator and the functions it runs; nothing happens when it does not run.

        It has nothing to save, so it is killed. Its group is a session of its own, which holds it and its functions only.
        """
        if self._child:
            if self._child.poll() is None:
                _kill_group(self._child.pid)
            if self._child.stdin:
                self._child.stdin.close()
            self._child.wait()
            self._child = None
        elif (pid := self.pid) is not None:
            _kill_group(pid)
            wait_until(lambda: self.pid != pid, STOP_SECONDS)

    def clean(self) -> None:
        """Remove what the emulator wrote, but for its log."""
        for name in ("tmp", "state", "s3"):
            shutil.rmtree(self.state / name, ignore_errors=True)

    def _child_died(self) -> bool:
        return self._child is None or self._child.poll() is not None


def answers(port: int) -> bool:
    """Return whether an emulator with the patches answers on the port."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/_fargatecount/faults", timeout=2) as reply:
            return bool(reply.status == 200)  # noqa: PLR2004 - HTTP OK
    except (urllib.error.URLError, OSError):
        return False


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Wait until the condition holds; return False if it does not within the time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not holds():
        if time.monotonic() > deadline:
            return False
        pause.wait(_PAUSE_SECONDS)
    return True


def last_lines(path: Path, count: int) -> str:
    """Return the last lines of a log as one."""
    if not path.exists():
        return ""
    return " | ".join(line.strip() for line in path.read_text(errors="replace").splitlines()[-count:])


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
