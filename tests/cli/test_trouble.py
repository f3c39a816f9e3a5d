"""What every command does when credentials, network, terminal or disk fail it: one clear message, the right code, nothing half written."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer
from tests.cli.refusing import refusing
from tests.support.builders import SCOPE
from tests.support.command import ROOT, SECONDS, command

Run = Callable[..., Answer]

ASKING = (
    "status",
    "verify",
    "reconcile --yes",
    "report list",
    "report show",
    "headroom shop",
    "doctor",
    "dead-letters list",
    "dead-letters replay --yes",
    "eks list",
    "eks enroll web --yes",
    "eks unenroll web --yes",
)
"""Every command that asks AWS."""
FULL = Path("/dev/full")


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment without any credentials, endpoint or deployment."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "FARGATECOUNT_")):
            monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", SCOPE.region)
    return monkeypatch


@pytest.fixture
def somebody(nobody: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The same with credentials."""
    nobody.setenv("AWS_ACCESS_KEY_ID", "test")
    nobody.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return nobody


def said(answer: Answer) -> str:
    """What a command says where it could not answer; doctor's answer is what it could not look at."""
    assert "Traceback" not in answer.err + answer.out
    assert "defect" not in answer.err + answer.out
    return answer.err + answer.out


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("asking", ASKING)
def test_no_credentials(fargatecount: Run, asking: str) -> None:
    """Code 3, and how to log in."""
    answer = fargatecount(*asking.split())
    assert (answer.code, answer.out) == (3, "")
    assert "Unable to locate credentials" in answer.err
    assert "log in" in said(answer)


@pytest.mark.parametrize(
    ("code", "asked"),
    [("ExpiredTokenException", ASKING), ("UnrecognizedClientException", ("status", "reconcile --yes", "report list"))],
    ids=["by the stack", "table named"],
)
def test_credentials_that_aws_does_not_take(somebody: pytest.MonkeyPatch, fargatecount: Run, code: str, asked: tuple[str, ...]) -> None:
    """Code 3, AWS's own word for it, and what to check; no command answers anything."""
    with refusing(code) as url:
        somebody.setenv("AWS_ENDPOINT_URL", url)
        if asked is not ASKING:
            somebody.setenv("FARGATECOUNT_TABLE", "ledger")
            somebody.setenv("FARGATECOUNT_REPORTS_BUCKET", "some-bucket")
        for asking in asked:
            answer = fargatecount(*asking.split())
            assert (asking, answer.code) == (asking, 3)
            assert asking == "doctor" or answer.out == ""
            assert code in said(answer)
            remedy = "log in again" if code.startswith("Expired") else "check the credentials"
            assert remedy in " ".join(said(answer).split())


PROFILES = {
    "program": ("credential_process = false", "custom-process"),
    "sso": ("sso_start_url = https://sso\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = x", "SSO"),
    "half": ("aws_access_key_id = test", "Partial credentials"),
}
"""Profiles that name credentials which cannot be had, and what is said of each."""


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("asking", ["status", "reconcile --yes", "doctor"])
def test_credentials_that_cannot_be_had(nobody: pytest.MonkeyPatch, fargatecount: Run, tmp_path: Path, profile: str, asking: str) -> None:
    """A program that fails, a login that has expired, half a key: code 3, and how to log in."""
    settings, words = PROFILES[profile]
    (tmp_path / "config").write_text(f"[profile {profile}]\n{settings}\n")
    nobody.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    nobody.setenv("FARGATECOUNT_TABLE", "ledger")
    answer = fargatecount(*asking.split(), "--profile", profile)
    assert answer.code == 3
    assert words in " ".join(said(answer).split())
    assert "log in" in " ".join(said(answer).split())


@pytest.mark.parametrize("asking", ASKING)
def test_what_is_no_region(somebody: pytest.MonkeyPatch, fargatecount: Run, asking: str) -> None:
    """Wrong use, with the value; AWS is not called."""
    somebody.setenv("AWS_REGION", "eu-west-1;")
    answer = fargatecount(*asking.split())
    assert (answer.code, answer.out) == (2, "")
    assert "'eu-west-1;' is not a Region" in said(answer)


@pytest.mark.parametrize("asking", ASKING)
def test_no_region_at_all(somebody: pytest.MonkeyPatch, fargatecount: Run, asking: str) -> None:
    """Wrong use, with where to set it."""
    somebody.delenv("AWS_REGION")
    answer = fargatecount(*asking.split())
    assert (answer.code, answer.out) == (2, "")
    assert "set AWS_REGION or pass --region" in said(answer)


@pytest.mark.parametrize("asking", ASKING)
def test_what_is_no_endpoint(somebody: pytest.MonkeyPatch, fargatecount: Run, asking: str) -> None:
    """Wrong use, with the variable's name and its value."""
    somebody.setenv("AWS_ENDPOINT_URL_DYNAMODB", "localhost:8000")
    answer = fargatecount(*asking.split())
    assert (answer.code, answer.out) == (2, "")
    assert "AWS_ENDPOINT_URL_DYNAMODB is 'localhost:8000', which is not a URL" in said(answer)


@pytest.mark.usefixtures("somebody")
def test_errors_obey_nobody(fargatecount: Run) -> None:
    """A name that an error repeats reaches the terminal as text."""
    answer = fargatecount("status", "--profile", "\x1b]0;owned\x07")
    assert answer.code == 2
    assert r"\x1b]0;owned\x07" in answer.err
    assert "\x1b" not in answer.err


@pytest.mark.usefixtures("somebody")
@pytest.mark.parametrize("asking", [*ASKING, "count"])
def test_a_region_that_does_not_exist_is_wrong_use(fargatecount: Run, asking: str) -> None:
    """The error has the names that are close; no answer is a clean zero."""
    answer = fargatecount(*asking.split(), "--region", "eu-wset-1")
    assert (answer.code, answer.out) == (2, "")
    assert "did you mean eu-west-1" in said(answer)


@pytest.mark.parametrize("asking", [*ASKING, "count"])
def test_a_closed_local_endpoint_is_code_3(somebody: pytest.MonkeyPatch, fargatecount: Run, asking: str) -> None:
    """It is found at once, with the way back to the embedded AWS and to AWS."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        somebody.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        answer = fargatecount(*asking.split())
    assert (answer.code, answer.out) == (3, "")
    assert "fargatecount local up" in " ".join(said(answer).split())


@pytest.mark.usefixtures("somebody")
@pytest.mark.parametrize("role", ["foo", "arn:aws:iam::1:role/x", "arn:aws:iam::123456789012:user/x", "arn:gcp:iam::123456789012:role/x"])
@pytest.mark.parametrize("asking", [*ASKING, "count"])
def test_what_is_no_role_is_wrong_use(fargatecount: Run, asking: str, role: str) -> None:
    """The value is named before AWS is called."""
    answer = fargatecount(*asking.split(), "--role-arn", role)
    assert (answer.code, answer.out) == (2, "")
    assert f"{role!r} is no role ARN" in " ".join(said(answer).split())


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("arguments", [("--help",), ("status", "--help"), ("eks", "manifest"), ("completion", "fish"), ("--version",)])
def test_a_full_disk_is_code_74(arguments: tuple[str, ...]) -> None:
    """The answer could not be written, which is said, and no answer pretends to be whole."""
    with FULL.open("w") as full:
        process = command(*arguments, stdout=full)
        _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 74
    assert err.startswith("error: the answer could not be written: ")
    assert "Traceback" not in err
    assert "Exception ignored" not in err


@pytest.mark.parametrize("redirections", ["<&-", ">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_missing_streams_are_no_defect(redirections: str) -> None:
    """Some schedulers start programs without standard streams."""
    script = f'exec "$@" {redirections}'
    words = ["bash", "-c", script, "bash", sys.executable, "-m", "fargatecount.cli", "eks", "manifest"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@contextmanager
def waiting_for_aws(**options: Any) -> Iterator[subprocess.Popen[str]]:
    """Yield a command that waits for an AWS that never answers."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(SECONDS)
        process = command("status", environment={"AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"}, **options)
        asked, _ = silent.accept()
        with asked:
            yield process
            process.wait(timeout=SECONDS)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_signals_unwind_the_command(number: signal.Signals, code: int) -> None:
    """One line and the code that shells expect; leases and letters are given back on the way."""
    with waiting_for_aws() as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (code, "")
    assert err.strip().endswith("interrupted")
    assert "Traceback" not in err


def test_a_closed_terminal_ends_the_command() -> None:
    """Its window is closed while AWS takes its time: the command ends, though no reader is left."""
    ours, theirs = os.openpty()

    def take() -> None:
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    with waiting_for_aws(stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=take) as process:
        os.close(theirs)
        os.close(ours)
    assert process.returncode == 129


def test_nohup_is_heeded() -> None:
    """A command under nohup ignores SIGHUP; `kill` ends it all the same."""
    with waiting_for_aws(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as process:
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.2)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)
    assert process.returncode == 143


WHILE_LOADING = """
import sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
from fargatecount.cli.__main__ import main
main()
"""


def test_ctrl_c_while_the_command_is_being_loaded_shows_no_traceback() -> None:
    """An impatient person sees the same line, and scripts the same code, as later."""
    ran = subprocess.run([sys.executable, "-c", WHILE_LOADING], capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "\ninterrupted\n")
