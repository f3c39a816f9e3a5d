"""`python -m watcher`: watches the Fargate pods of EKS clusters and keeps the ledger equal to them, until SIGTERM.

Parses, wires, waits. Exit codes are those of the `fargatecount` command: 0 stopped by a signal, 2 wrong use, 3 AWS or the cluster could not
be reached or refused, 70 unexpected.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence

from fargatecount import __version__
from fargatecount.adapters.kubernetes.pool import KubeConnection
from fargatecount.bootstrap.watcher import WatcherPorts, watcher_ports
from fargatecount.errors import FargatecountError, MisconfiguredError
from watcher.cluster_watcher import StoppableClock
from watcher.health import Health
from watcher.health_server import HealthServer
from watcher.in_cluster import in_cluster
from watcher.shutdown import stop_on_signals
from watcher.supervisor import Supervisor
from watcher.targets import Targets, all_targets, named_target

log = logging.getLogger("watcher")

LISTEN = "127.0.0.1:8080"
"""Only this machine by default: the metrics contain cluster names."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="python -m watcher",
        description="Watch the Fargate pods of EKS clusters and keep the fargatecount ledger equal to them.",
        epilog="The table is $FARGATECOUNT_TABLE, else that of stack $FARGATECOUNT_STACK, else fargatecount-$FARGATECOUNT_STAGE (prod).",
    )
    which = made.add_mutually_exclusive_group(required=True)
    which.add_argument("--cluster", metavar="NAME", help="the EKS cluster to watch")
    which.add_argument("--all", action="store_true", help="every EKS cluster of the account and Region that can have pods on Fargate")
    how = made.add_mutually_exclusive_group()
    how.add_argument(
        "--kubeconfig", metavar="FILE", help="reach the cluster by this file's current context; without it, at its EKS endpoint"
    )
    how.add_argument("--in-cluster", action="store_true", help="reach the cluster by the service account of the pod that this runs in")
    made.add_argument("--context", metavar="NAME", help="another context of the kubeconfig")
    made.add_argument("--region", help="AWS Region; by default $AWS_REGION")
    made.add_argument("--listen", metavar="HOST:PORT", default=LISTEN, help="where /livez, /readyz and /metrics are served (%(default)s)")
    made.add_argument("--log-level", default="INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR"], help="(%(default)s)")
    made.add_argument("--version", action="version", version=__version__)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Watch; return the exit code."""
    made = parser()
    options = made.parse_args(arguments)
    if options.all and (options.kubeconfig or options.in_cluster or options.context):
        made.error("--all reaches each cluster at its EKS endpoint; --kubeconfig, --context and --in-cluster are for one --cluster")
    if options.context and options.in_cluster:
        made.error("--context belongs to a kubeconfig, not to --in-cluster")
    host, _, port = options.listen.rpartition(":")
    if not host or not port.isdecimal():
        made.error(f"--listen {options.listen!r}: expected HOST:PORT")
    logging.basicConfig(level=options.log_level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    try:
        return _watch(options, host, int(port))
    except FargatecountError as error:
        sys.stderr.write(f"error: {error}\n" + (f"remedy: {error.remedy}\n" if error.remedy else ""))
        return 2 if isinstance(error, MisconfiguredError) else 3
    except Exception:
        log.exception("unexpected error: please report it with this text")
        return 70


def _watch(options: argparse.Namespace, host: str, port: int) -> int:
    stop = threading.Event()
    with stop_on_signals(stop):
        clock = StoppableClock(stop)
        deployment = watcher_ports(region=options.region, environment=os.environ)
        find_targets = _find_targets(options, deployment, clock)
        health = Health(clock)
        server = _serve(health, host, port)
        log.info("fargatecount watcher %s: table %s, health on %s:%d", __version__, deployment.table, host, server.port)
        try:
            Supervisor(
                find_targets,
                table=deployment.ledger,
                refusals=deployment.refusals,
                health=health,
                clock=clock,
                stop=stop,
                owner_label=deployment.owner_label,
            ).run()
        finally:
            server.stop()
    log.info("stopped by a signal")
    return 0


def _find_targets(options: argparse.Namespace, deployment: WatcherPorts, clock: StoppableClock) -> Callable[[], Targets]:
    if options.all:
        return lambda: all_targets(deployment.eks, deployment.ledger, clock)
    connect: Callable[[str], KubeConnection] | None = None
    if options.in_cluster:
        connect = lambda name: in_cluster(name, os.environ)  # noqa: E731 - one of two ways to connect
    elif options.kubeconfig or options.context:
        from watcher import kube  # noqa: PLC0415 - 20 MB that other watchers do not need

        connect = lambda name: kube.from_kubeconfig(name, options.kubeconfig, options.context)  # noqa: E731
    return lambda: named_target(deployment.eks, options.cluster, connect)


def _serve(health: Health, host: str, port: int) -> HealthServer:
    try:
        server = HealthServer(health, host, port)
    except OSError as error:
        raise MisconfiguredError(f"cannot listen on {host}:{port}: {error}", remedy="choose another --listen") from error
    server.start()
    return server


if __name__ == "__main__":
    sys.exit(main())
