"""Deploys a service directory to the emulator with osls, exactly as it is deployed to AWS: the same file, the stage `local`."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from local.errors import LocalError
from local.process import CHECKOUT, last_lines

STAGE: Final = "local"

# Packaging fetches and unpacks the functions' libraries; a slow network is the long part.
DEPLOY_SECONDS: Final = 300.0

OSLS: Final = CHECKOUT / "node_modules" / ".bin" / "osls"

# How often osls polls CloudFormation. Its own 5 s are for AWS, where a deployment takes minutes.
_POLL_MILLISECONDS: Final = "250"


def check(service: Path, osls: Path = OSLS) -> None:
    """Check that the directory can be deployed, which takes no time.

    Raises:
        LocalError: osls or the serverless.yml is missing.
    """
    if not osls.exists():
        raise LocalError(f"osls is not installed ({osls} is missing): run `make setup`")
    if not (service / "serverless.yml").exists():
        raise LocalError(f"there is no serverless.yml in {service}: name the directory of the service")


def deploy(
    service: Path, log: Path, credentials: Mapping[str, str], settings: Mapping[str, str], *, config: str = "serverless.yml"
) -> None:
    """Deploy, one deployment of a service directory at a time: they share its `.serverless`.

    Args:
        service: Directory of the serverless.yml.
        log: File for the output of osls.
        credentials: Endpoint, Region and credentials of the emulator.
        settings: Those of the configuration that this deployment changes.
        config: The configuration: that of a member, or of a hub.

    Raises:
        LocalError: osls failed, or took too long.
    """
    # osls empties .serverless as it pleases: a lock file in there would not hold.
    with (service / "serverless.yml").open() as lock, log.open("ab") as output:
        fcntl.flock(lock, fcntl.LOCK_EX)
        changed = [f"--param={name}={value}" for name, value in settings.items()]
        _run(
            [str(OSLS), "deploy", "--config", config, "--stage", STAGE, *changed], service, output.fileno(), _environment(credentials), log
        )


def package(service: Path, target: Path, log: Path, credentials: Mapping[str, str]) -> None:
    """Write what a deployment with the settings of the stage uploads into the directory `target`; the rest is as for `deploy`."""
    with (service / "serverless.yml").open() as lock, log.open("ab") as output:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [str(OSLS), "package", "--stage", STAGE, "--package", str(target)]
        _run(command, service, output.fileno(), _environment(credentials), log)


def _environment(credentials: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment, for proxies and package caches, without its AWS settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SLS_"))}
    unproxied = ",".join(filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1"]))
    return (
        kept
        | dict(credentials)
        | {
            "SLS_AWS_MONITORING_FREQUENCY": _POLL_MILLISECONDS,
            "FARGATECOUNT_PYTHON": sys.executable,
            "NO_PROXY": unproxied,
            "no_proxy": unproxied,
        }
    )


def _run(command: list[str], directory: Path, output: int, environment: dict[str, str], log: Path) -> None:
    child = subprocess.Popen(
        command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
    )
    try:
        code = child.wait(DEPLOY_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise LocalError(f"the deployment did not end within {DEPLOY_SECONDS:g} s: see {log}") from error
    finally:
        if child.poll() is None:  # interrupted, or too slow: osls and what it started
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    if code != 0:
        raise LocalError(f"the deployment failed: {last_lines(log, 8)} (all of it: {log})")
