"""The zip that Lambda unpacks: for its platform, complete, and nothing besides."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.package.artefact import ROOT, Artefact

MEGABYTE = 1_000_000
ELF_AARCH64 = 183
"""EM_AARCH64, https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html: e_machine is the half word at byte 18."""

RUNTIME_PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")
"""What Lambda's Python runtime brings: boto3 and all it needs (https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html)."""

IMPORT_ALONE = """
import importlib, json, sys
sys.path[:0] = sys.argv[2:]
module = importlib.import_module(sys.argv[1])
files = {name: module.__file__ for name, module in sys.modules.items() if getattr(module, "__file__", None)}
print(json.dumps({"callable": callable(module.handler), "files": files}))
"""


def distributions(artefact: Artefact) -> dict[str, str]:
    """Name and version of every library in the zip."""
    found = (re.fullmatch(r"([^/]+)-([^-/]+)\.dist-info/WHEEL", name) for name in artefact.names)
    return {match[1].lower().replace("_", "-"): match[2] for match in found if match}


def test_every_wheel_is_pure_or_for_lambdas_python_and_processor(prod: Artefact) -> None:
    """The tags of each wheel say py3-none-any or CPython 3.13 on aarch64."""
    wheels = [name for name in prod.names if name.endswith(".dist-info/WHEEL")]
    assert wheels
    for wheel in wheels:
        tags = re.findall(r"^Tag: (.+)$", prod.read(wheel).decode(), re.MULTILINE)
        assert tags
        assert all(re.fullmatch(r"(py2\.)?py[23]-none-any|cp313-cp313-manylinux\w+_aarch64", tag.strip()) for tag in tags), (wheel, tags)


def test_every_binary_is_for_lambdas_processor(prod: Artefact) -> None:
    """Each shared library is an ELF file for aarch64, whatever its wheel claims."""
    binaries = [name for name in prod.names if name.endswith(".so")]
    assert any(name.startswith("msgspec/") for name in binaries)
    for name in binaries:
        content = prod.read(name)
        assert content[:4] == b"\x7fELF"
        assert struct.unpack_from("<H", content, 18) == (ELF_AARCH64,), name
        assert "cpython-313-aarch64" in name


def test_the_zip_carries_exactly_the_pinned_requirements(artefact: Artefact) -> None:
    """No library comes in unpinned, and boto3 and botocore, which the runtime brings, stay out."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = dict(line.split(" ")[0].split("==") for line in lines if line and not line.startswith("#"))
    assert distributions(artefact) == pinned
    assert not {"boto3", "botocore"} & set(pinned)


def test_the_zip_is_small(artefact: Artefact) -> None:
    """Under 4 MB: what is loaded at a cold start is what is in it."""
    assert artefact.zip_file.stat().st_size < 4 * MEGABYTE


def test_the_zip_holds_the_core_the_handlers_and_their_libraries(artefact: Artefact) -> None:
    """Neither the command line nor tests nor byte code of another Python is shipped."""
    top = {name.split("/")[0] for name in artefact.names if ".dist-info/" not in name}
    libraries = {"aws_lambda_powertools", "msgspec", "pynamodb", "typing_extensions.py"}
    assert top == {"fargatecount", "handlers", "requirements.txt"} | libraries
    assert not [name for name in artefact.names if name.startswith("fargatecount/cli/") or name.endswith((".pyc", ".pyo"))]
    shipped = {name for name in artefact.names if name.startswith(("fargatecount/", "handlers/"))}
    sources = {
        str(path.relative_to(artefact.sources)) for name in ("fargatecount", "handlers") for path in (artefact.sources / name).rglob("*.py")
    }
    assert {name for name in shipped if name.endswith(".py")} == {name for name in sources if not name.startswith("fargatecount/cli/")}


def test_the_zip_holds_the_parts_of_the_page(artefact: Artefact) -> None:
    """The daily page is made in the function, from the very files of the package."""
    parts = {str(path.relative_to(ROOT)) for path in (ROOT / "fargatecount/report/page/assets").rglob("*") if path.is_file()}
    assert len(parts) > 7
    assert {name for name in artefact.names if name.startswith("fargatecount/report/page/assets/")} == parts
    assert all(artefact.read(name) == (ROOT / name).read_bytes() for name in parts)


def test_the_stages_differ_in_binaries_only(prod: Artefact, local: Artefact) -> None:
    """What the embedded AWS runs is what AWS gets, but for the wheels' platform."""

    def portable(artefact: Artefact) -> set[str]:
        return {name for name in artefact.names if not name.endswith((".so", ".pyd"))}

    assert portable(prod) == portable(local)
    ours = [name for name in portable(prod) if name.startswith(("fargatecount/", "handlers/"))]
    assert all(prod.read(name) == local.read(name) for name in ours)


def test_every_function_has_its_handler_in_the_zip(artefact: Artefact) -> None:
    """The path of each handler leads to a module in the zip."""
    for function in artefact.template.of_type("AWS::Lambda::Function").values():
        module, _, name = function["Handler"].rpartition(".")
        assert name == "handler"
        assert module.replace(".", "/") + ".py" in artefact.names


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with what Lambda's runtime brings, and nothing else of this environment."""
    directory = tmp_path_factory.mktemp("runtime")
    installed = Path(sysconfig.get_path("purelib"))
    for name in RUNTIME_PACKAGES:
        (directory / name).symlink_to(installed / name)
    return directory


def test_the_unpacked_zip_is_all_that_a_handler_needs(local: Artefact, runtime: Path, tmp_path: Path) -> None:
    """Each handler imports from the zip and the runtime's own libraries alone, without environment and without this checkout."""
    with zipfile.ZipFile(local.zip_file) as archive:
        archive.extractall(tmp_path)
    for function in local.template.of_type("AWS::Lambda::Function").values():
        module = function["Handler"].rpartition(".")[0]
        # -I and -S leave neither the current directory nor site-packages on the path.
        result = subprocess.run(
            [sys.executable, "-I", "-S", "-c", IMPORT_ALONE, module, str(tmp_path), str(runtime)],
            cwd=tmp_path,
            env={},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        answer = json.loads(result.stdout)
        assert answer["callable"]
        for name in ("fargatecount", "msgspec._core", "pynamodb", "aws_lambda_powertools"):
            assert Path(answer["files"][name]).is_relative_to(tmp_path), name
        assert not [name for name, file in answer["files"].items() if "site-packages" in file]
