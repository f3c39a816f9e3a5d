"""`python -m taskstats` as a process: options, signals, a closed pipe, /metrics, and what it imports."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import fargatecount
from taskstats.__main__ import VERSION, main
from tests.rules.tracked import ROOT
from tests.support.deadline import eventually
from tests.support.metadata_endpoint import UsedContainer, UsedTask, metadata_endpoint

ADDRESS = "ECS_CONTAINER_METADATA_URI_V4"
COMMAND = [sys.executable, "-S", "-m", "taskstats"]


@contextmanager
def running(url: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Start the sidecar as its image does, without site-packages; kill it at the end."""
    process = subprocess.Popen(
        [*COMMAND, "--allow-any-endpoint", *options],
        cwd=ROOT,
        env={ADDRESS: url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_it_writes_until_sigterm() -> None:
    """The first documents come at once; SIGTERM ends it with 0, without waiting for the next reading, and with nothing on stderr."""
    used = UsedTask([UsedContainer("1", "app"), UsedContainer("2", "proxy")])
    asked: list[str] = []
    with metadata_endpoint(used, asked) as url, running(url, "--every", "3600") as process:
        assert process.stdout is not None
        names = [json.loads(process.stdout.readline())["container"]["name"] for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=10)
    assert (process.returncode, names, rest, errors) == (0, ["app", "proxy"], "", "")
    assert asked == ["/v4/abc/task", "/v4/abc/task/stats"]


def test_a_reader_that_leaves_ends_it_quietly() -> None:
    """A closed pipe is no error."""
    with metadata_endpoint(UsedTask([UsedContainer("1", "app")])) as url, running(url, "--every", "1") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_metrics_are_served_and_ask_the_endpoint_nothing() -> None:
    """A scrape shows the last reading, and reaches no further; another path is not found."""
    asked: list[str] = []
    with metadata_endpoint(UsedTask([UsedContainer("1", "app", user=3.0)]), asked) as url:
        port = free_port()
        with running(url, "--every", "3600", "--sample", "0", "--listen", f"127.0.0.1:{port}"):
            page = eventually(lambda: scrape(port), "a reading is served")
        assert 'fargate_task_cpu_seconds_total{container="app"} 3' in page
        assert asked == ["/v4/abc/task", "/v4/abc/task/stats"]


def scrape(port: int) -> str:
    """Return the page if it has a reading, else nothing."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            page: str = answer.read().decode()
    except OSError:
        return ""
    return page if "fargate_task_readings_total 1" in page else ""


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def test_once_reads_once(capsys: pytest.CaptureFixture[str]) -> None:
    """`--once` writes one reading and ends: 0 if it succeeded, 1 if not."""
    with metadata_endpoint(UsedTask([UsedContainer("1", "app")])) as url:
        assert main(["--once", "--allow-any-endpoint"], {ADDRESS: url}) == 0
        assert main(["--once", "--allow-any-endpoint"], {ADDRESS: url + "/lost"}) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert json.loads(first)["container"]["id"] == "1"
    assert "status 404" in json.loads(second)["error"]["message"]


@pytest.mark.parametrize(
    ("arguments", "address", "said"),
    [
        ([], "", "is not set: this runs in a container of an ECS task"),
        ([], "http://10.0.0.1/v4", "10.0.0.1 is not a link-local address .* --allow-any-endpoint"),
        (["--allow-any-endpoint"], "ftp://10.0.0.1/v4", "is no http:// address"),
        (["--every", "0"], "http://169.254.170.2/v4", "'0' is not a number of seconds from 1 to 3600"),
        (["--every", "nan"], "http://169.254.170.2/v4", "'nan' is not a number of seconds"),
        (["--sample", "-1"], "http://169.254.170.2/v4", "'-1' is not a number from 0"),
        (["--listen", "8080"], "http://169.254.170.2/v4", "expected HOST:PORT"),
        (["--listen", "203.0.113.1:80"], "http://169.254.170.2/v4", r"--listen 203\.0\.113\.1:80: "),
    ],
)
def test_wrong_use_names_the_value(arguments: list[str], address: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, the value, and what to do."""
    with pytest.raises(SystemExit) as ended:
        main(arguments, {ADDRESS: address} if address else {})
    assert ended.value.code == 2
    assert re.search(said, capsys.readouterr().err.replace("\n", " "))


def test_a_full_disk_ends_it_with_a_reason() -> None:
    """Output that cannot be written is exit code 3."""
    with metadata_endpoint(UsedTask([UsedContainer("1", "app")])) as url, open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        environment = {ADDRESS: url}
        ended = subprocess.run(
            [*COMMAND, "--allow-any-endpoint"],
            cwd=ROOT,
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=20,
            check=False,
        )
    assert (ended.returncode, "cannot be written: [Errno 28]" in ended.stderr) == (3, True), ended.stderr


def test_it_imports_the_standard_library_alone() -> None:
    """No module outside of the standard library and of the package itself is loaded, with every option."""
    code = (
        "import sys, taskstats.__main__, taskstats.server\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names) - {'__main__'}))"
    )
    found = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, env={}, timeout=20)
    assert found.stdout.split() == ["taskstats"]


def test_its_version_is_that_of_the_tool() -> None:
    """The image carries no other package, so the version is written twice."""
    assert fargatecount.__version__ == VERSION


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")  # noqa: PTH110 - a device
def test_it_stays_under_its_memory_limit() -> None:
    """With ten containers, metrics and /metrics it is resident in less than 25 MiB after two readings."""
    used = UsedTask([UsedContainer(str(number), f"app-{number}") for number in range(10)])
    asked: list[str] = []
    with (
        metadata_endpoint(used, asked) as url,
        running(url, "--every", "1", "--metrics", "--listen", f"127.0.0.1:{free_port()}") as process,
    ):
        assert process.stdout is not None
        for _ in range(22):
            process.stdout.readline()
        status = (ROOT / f"/proc/{process.pid}/status").read_text()
    resident = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
    assert resident < 25 * 1024
