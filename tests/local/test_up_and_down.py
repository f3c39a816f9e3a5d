"""The command `python -m local`: up, env, status, down."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from local.place import Place
from local.process import CHECKOUT
from local.stack import Stack
from tests.local.service import SERVERLESS, write_service
from tests.support.deadline import eventually

# Starting takes two seconds, deploying three; the rest is for a busy machine.
SECONDS = 60.0


class Command:
    """The command, with a state directory and a service of its own."""

    def __init__(self, directory: Path, serverless: str = SERVERLESS) -> None:
        self.state = directory / "state"
        self.service = write_service(directory / "service", serverless)
        self.stack = Stack(self.state)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            self._words(*arguments),
            cwd=CHECKOUT,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def up(self) -> subprocess.CompletedProcess[str]:
        """Run `up` to its end."""
        return self.run("up", "--service", str(self.service))

    def begin_up(self) -> subprocess.Popen[str]:
        """Begin `up`."""
        return subprocess.Popen(
            self._words("up", "--service", str(self.service)), cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def is_starting(self) -> bool:
        """Say whether the emulator's process is there."""
        return self.stack.process.pid is not None

    def is_deploying(self) -> bool:
        """Say whether osls has said anything."""
        return self.stack.deploy_log.exists() and self.stack.deploy_log.stat().st_size > 0

    def _words(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "local", "--state", str(self.state), *arguments]


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    """Return the command; nothing of it runs after the test."""
    one = Command(tmp_path)
    yield one
    one.stack.down()


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """Return the command after a successful `up`."""
    one = Command(tmp_path_factory.mktemp("up"))
    result = one.up()
    assert result.returncode == 0, result.stderr
    yield one
    one.stack.down()


def left_behind(state: Path) -> list[str]:
    """Return the command lines of processes that have to do with the state directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            environment = (process / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(state / "tmp") in environment or f"--state {state}" in line:
            found.append(line)
    return found


def test_up_deploys_the_service(up: Command) -> None:
    """After `up` the stack of the service is there."""
    [stack] = up.stack.client("cloudformation").describe_stacks(StackName="probe-local")["Stacks"]
    assert stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


def test_a_deployed_function_works_within_its_role(up: Command) -> None:
    """The function runs, may do what its role allows, and is denied what it does not."""
    outputs = up.stack.client("cloudformation").describe_stacks(StackName="probe-local")["Stacks"][0]["Outputs"]
    values = {output["OutputKey"]: output["OutputValue"] for output in outputs}
    up.stack.client("sqs").send_message(QueueUrl=values["QueueUrl"], MessageBody="hello")
    dynamodb = up.stack.client("dynamodb")

    def rows() -> set[str]:
        return {item["pk"]["S"] for item in dynamodb.scan(TableName=values["TableName"])["Items"]}

    eventually(lambda: rows() == {"hello", "AccessDeniedException"}, "both rows", SECONDS)


def test_up_again_leaves_everything_as_it_is(up: Command) -> None:
    """A second `up` says that it is up, and succeeds."""
    before = up.stack.process.pid
    result = up.up()
    assert (result.returncode, up.stack.process.pid) == (0, before)
    assert "already up" in result.stdout


def test_env_makes_a_client_talk_to_it(up: Command) -> None:
    """With the exported variables, and nothing else, boto3 reaches the emulator."""
    lines = up.run("env").stdout.splitlines()
    exported = dict(shlex.split(line)[1].split("=", 1) for line in lines if line.startswith("export "))
    assert set(exported) == {
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "FARGATECOUNT_STAGE",
    }
    sts = boto3.client(
        "sts",
        endpoint_url=exported["AWS_ENDPOINT_URL"],
        region_name=exported["AWS_REGION"],
        aws_access_key_id=exported["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=exported["AWS_SECRET_ACCESS_KEY"],
    )
    assert sts.get_caller_identity()["Account"] == "000000000000"


def test_env_leads_to_a_place_of_an_organization(up: Command) -> None:
    """To the hub, unless an account and a Region are named; a place that is not there is refused with those that are."""
    up.stack.record_places([Place("111111111111", "eu-west-1"), Place("222222222222", "us-east-1")])
    try:
        assert "export AWS_ACCESS_KEY_ID=111111111111\n" in up.run("env").stdout
        other = up.run("env", "--account", "222222222222").stdout
        nowhere = up.run("env", "--region", "eu-central-1")
    finally:
        up.stack.record_places([])
    assert "export AWS_ACCESS_KEY_ID=222222222222\n" in other
    assert "export AWS_REGION=us-east-1\n" in other
    assert (nowhere.returncode, nowhere.stdout.startswith("false ")) == (3, True)
    assert "deployed is 111111111111 eu-west-1, 222222222222 us-east-1" in nowhere.stderr


def test_env_fails_in_eval_when_nothing_runs(command: Command) -> None:
    """The shell must not go on with the credentials of a real account: `eval` fails, and sets nothing."""
    result = command.run("env")
    assert result.returncode == 1
    shell = subprocess.run(
        ["sh", "-c", 'AWS_ACCESS_KEY_ID=real; eval "$1" || echo "failed with $AWS_ACCESS_KEY_ID"', "sh", result.stdout],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shell.stdout == "failed with real\n"


def test_env_unsets_what_would_be_in_the_way(up: Command) -> None:
    """A profile in the environment is unset, as it would win."""
    assert "unset AWS_PROFILE" in up.run("env", AWS_PROFILE="work").stdout


def test_status_says_where_it_is(up: Command) -> None:
    """`status` names the endpoint."""
    result = up.run("status")
    assert (result.returncode, up.stack.endpoint in result.stdout) == (0, True)


def test_it_listens_on_loopback_only(up: Command) -> None:
    """No socket of the emulator listens on another address than 127.0.0.1."""
    sockets = {str(link.readlink()) for link in Path(f"/proc/{up.stack.process.pid}/fd").iterdir()}
    listening = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    addresses = {words[1].partition(":")[0] for words in listening if words[3] == "0A" and f"socket:[{words[9]}]" in sockets}
    assert addresses == {"0100007F"}


def test_two_stacks_run_side_by_side(up: Command, stack: Stack) -> None:
    """A stack in another directory is another AWS."""
    up.stack.client("ecs").create_cluster(clusterName="only-here")
    assert not any("only-here" in arn for arn in stack.client("ecs").list_clusters()["clusterArns"])


def test_a_running_stack_is_not_started_twice(up: Command) -> None:
    """Starting in a state directory that is in use is refused."""
    with pytest.raises(Exception, match="already runs"):
        Stack(up.state).start()


def test_down_leaves_nothing(command: Command) -> None:
    """After `down` no process and no data of it are left."""
    command.stack.start()
    assert command.run("down").returncode == 0
    assert left_behind(command.state) == []
    assert {path.name for path in command.state.iterdir()} == {"emulator.log", "emulator.pid"}


def test_down_of_nothing_is_fine(command: Command) -> None:
    """`down` where nothing runs succeeds."""
    result = command.run("down")
    assert (result.returncode, result.stdout) == (0, "Nothing was running.\n")


@pytest.mark.parametrize("name", ["env", "status"])
def test_nothing_to_say_when_nothing_runs(command: Command, name: str) -> None:
    """`env` and `status` exit 1 and name the remedy when nothing runs."""
    result = command.run(name)
    assert (result.returncode, result.stdout) == (
        1,
        "" if name == "status" else "false # the embedded AWS does not run: fargatecount local up\n",
    )
    assert "fargatecount local up" in result.stderr


@pytest.mark.parametrize(
    ("which", "moment"),
    [(signal.SIGINT, Command.is_starting), (signal.SIGTERM, Command.is_deploying)],
    ids=["Ctrl-C while it starts", "SIGTERM while it deploys"],
)
def test_an_interrupted_up_leaves_nothing(command: Command, which: signal.Signals, moment: Callable[[Command], bool]) -> None:
    """Whenever `up` is interrupted, it stops what it started, and exits 130."""
    child = command.begin_up()
    eventually(lambda: moment(command), "the moment to interrupt", SECONDS)
    child.send_signal(which)
    _, said = child.communicate(timeout=SECONDS)
    assert (child.returncode, said) == (130, "fargatecount local: interrupted; everything is stopped\n")
    assert left_behind(command.state) == []


def test_a_port_that_is_taken_is_named(command: Command) -> None:
    """`up --port` of a port in use says so, and exits 3."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = command.run("up", "--service", str(command.service), "--port", port)
    assert result.returncode == 3
    assert f"port {port} is taken" in result.stderr


def test_a_failed_deployment_is_told_and_cleaned_up(tmp_path: Path) -> None:
    """`up` of a service that cannot be deployed shows why and where the log is, and leaves nothing running."""
    command = Command(tmp_path, SERVERLESS.replace("handler: handler.write", "handlr: typo"))
    result = command.up()
    assert result.returncode == 3
    assert "handlr" in result.stderr
    assert str(command.stack.deploy_log) in result.stderr
    assert left_behind(command.state) == []


def test_a_directory_without_a_service_is_named(command: Command, tmp_path: Path) -> None:
    """`up` of a directory without serverless.yml says so."""
    result = command.run("up", "--service", str(tmp_path))
    assert (result.returncode, str(tmp_path) in result.stderr) == (3, True)


def test_a_stack_goes_with_the_process_that_opened_it(tmp_path: Path) -> None:
    """When the owner of a stack is killed, the emulator ends by itself."""
    script = f"import pathlib, local.stack\nwith local.stack.Stack(pathlib.Path({str(tmp_path)!r})):\n print('up', flush=True)\n input()"
    owner = subprocess.Popen([sys.executable, "-c", script], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    assert owner.stdin is not None
    with owner.stdin, owner.stdout:
        assert owner.stdout.readline() == "up\n"
        owner.kill()
        owner.wait()
    eventually(lambda: not left_behind(tmp_path), "the emulator gone")
