"""The permitted imports, and that importing has no effect."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib

import pytest
from importlinter.cli import lint_imports

from tests.rules.tracked import PACKAGES, ROOT, dotted, modules

IMPORT_ALL = """
import _socket, builtins, importlib, json, os, sys, threading

OURS = ("fargatecount", "handlers", "watcher", "taskstats", "local")
deeds = []

def importer():
    # The innermost frame of ours, if nothing of another package's import lies between it and the deed.
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.split(".")[0] in OURS:
            return f"{name}, line {frame.f_lineno}"
        if name not in ("os", "collections.abc", "_collections_abc", "__main__", "posixpath", "pathlib", "shutil", "subprocess"):
            return None
        frame = frame.f_back

class Spy(type(os.environ)):
    def __getitem__(self, name):
        if who := importer():
            deeds.append(f"{who} reads {name} from the environment")
        return super().__getitem__(name)

real = os.environ
os.environ = Spy(real._data, real.encodekey, real.decodekey, real.encodevalue, real.decodevalue)

def audit(event, arguments):
    if event in ("socket.connect", "subprocess.Popen", "os.system", "os.fork"):
        deeds.append(f"{event} {arguments!r}")
    elif event == "socket.bind" and importer():  # urllib3 binds a socket for an instant to learn whether there is IPv6
        deeds.append(f"{event} {arguments!r}")
    elif event == "open" and arguments[1] and set(str(arguments[1])) & set("wax+"):
        deeds.append(f"writes {arguments[0]!r}")

sys.addaudithook(audit)
sys.dont_write_bytecode = True
for name in json.load(sys.stdin):
    before = threading.active_count()
    importlib.import_module(name)
    if threading.active_count() != before:
        deeds.append(f"{name} starts a thread")

from botocore.client import BaseClient
deeds += [f"a client of {kind.__name__} is made" for kind in BaseClient.__subclasses__() if kind.__module__ == "botocore.client"]
print(json.dumps(deeds))
"""


def test_every_contract_is_kept(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """All contracts of pyproject.toml are kept; their names describe the permitted imports."""
    monkeypatch.chdir(ROOT)
    kept = lint_imports(no_cache=True, no_logo=True) == 0
    report = capsys.readouterr().out
    assert kept, report
    assert "0 broken" in report


def test_every_package_is_under_the_contracts() -> None:
    """A new package beside the others does not escape the contracts."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    packages = {path.parts[0] for path in modules(*PACKAGES) if path.name == "__init__.py" and len(path.parts) == 2}
    assert packages - {"benchmarks", "tools"} == set(settings["root_packages"])


def test_importing_has_no_effect() -> None:
    """Importing any module reads no environment, makes no client, opens no socket, starts nothing and writes nothing."""
    # The emulator's patches are imported inside the emulator's process only.
    names = [
        dotted(path)
        for path in modules("fargatecount", "handlers", "watcher", "taskstats", "local")
        if path.parts[:2] != ("local", "patches")
    ]
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], cwd=ROOT, input=json.dumps(names), capture_output=True, text=True, check=False, timeout=120
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1]) == []


def test_the_effects_of_an_import_are_seen(tmp_path: object) -> None:
    """The spies of the test above detect each kind of effect."""
    folder = ROOT / "tests" / "rules" / "effects"
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL.replace('OURS = ("', 'OURS = ("tests", "')],
        cwd=ROOT,
        input=json.dumps([dotted(path.relative_to(ROOT)) for path in sorted(folder.glob("*.py"))]),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"PATH": "/usr/bin:/bin", "SPIED": "1", "WRITES_TO": str(tmp_path)},
    )
    assert run.returncode == 0, run.stderr
    deeds = "\n".join(json.loads(run.stdout.splitlines()[-1]))
    for deed in ("reads SPIED", "socket.bind", "subprocess.Popen", "writes ", "starts a thread", "a client of DynamoDB"):
        assert deed in deeds
