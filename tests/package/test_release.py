"""What a release publishes: the same bytes from the same sources, and a wheel that deploys without node."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from fargatecount import __version__
from fargatecount.adapters.artifact_files import installed_artifact
from fargatecount.errors import MisconfiguredError
from fargatecount.stack.artifact import CODE, HUB_TEMPLATE, MANIFEST, OF_THE_CODE, TEMPLATE, Artifact, code_key, open_artifact
from fargatecount.stack.deploy import DeploymentPlan, apply_plan, plan_deployment
from fargatecount.stack.parameters import read_parameters
from tests.package.artefact import ROOT, Artefact
from tests.support.fake_stacks import FakeStacks
from tests.support.fakes import FakeClock
from tools.artifact import generic, reproducible, write
from tools.release import notes, packed
from tools.sbom import sbom
from tools.settings_page import declared
from tools.version import COPIES, differing, written

TIME = 1_700_000_000
CFN_LINT = Path(sys.executable).with_name("cfn-lint")


@pytest.fixture(scope="module")
def built(prod: Artefact, hub: Artefact, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact of this checkout."""
    folder = tmp_path_factory.mktemp("artifact")
    write(prod.template.raw, prod.zip_file.read_bytes(), folder, hub=hub.template.raw)
    return folder


def test_the_version_stands_in_one_place() -> None:
    """pyproject.toml and serverless.yml read it; the copies for manifests and examples equal it, and the tool would find others."""
    assert differing() == []
    assert all("9.9.9" in written(name, "9.9.9") for name in COPIES if (ROOT / name).exists())


def test_the_zip_depends_on_its_files_alone(prod: Artefact) -> None:
    """Another order and other times give the same bytes."""
    shuffled = io.BytesIO()
    with zipfile.ZipFile(prod.zip_file) as old, zipfile.ZipFile(shuffled, "w") as new:
        for name in reversed(old.namelist()):
            new.writestr(zipfile.ZipInfo(name, (2020, 2, 2, 2, 2, 2)), old.read(name))
    code = prod.zip_file.read_bytes()
    assert reproducible(shuffled.getvalue()) == reproducible(code)
    with zipfile.ZipFile(io.BytesIO(reproducible(code))) as again:
        assert set(again.namelist()) == {name for name in prod.names if not name.endswith("/")}


def test_the_template_of_a_release_is_that_of_osls_but_for_the_code(prod: Artefact, built: Path) -> None:
    """Deployments by osls, the console, a StackSet, Terraform and the command line are the same."""
    released, packaged = json.loads((built / TEMPLATE).read_text()), json.loads(prod.template_file.read_text())
    assert set(released["Parameters"]) - set(packaged["Parameters"]) == OF_THE_CODE
    assert set(released["Conditions"]) - set(packaged["Conditions"]) == {"HasCodeBucket", "HasCodeBucketPrefix"}
    for name, body in packaged["Resources"].items():
        body["Properties"].pop("Code", None)
        released["Resources"][name]["Properties"].pop("Code", None)
        assert released["Resources"][name] == body
    assert released["Outputs"] == packaged["Outputs"]


def test_the_template_of_a_release_fits_any_stack(built: Path) -> None:
    """It names neither a stack, an account, a Region, a partition nor a stage; every setting is a parameter of it."""
    text = (built / TEMPLATE).read_text()
    released = json.loads(text)
    resources = json.dumps(released["Resources"])
    assert [word for word in ("fargatecount-prod", "us-east-1", "123456789012", "arn:aws:", "serverless/") if word in resources] == []
    assert set(released["Parameters"]) == set(declared()["Parameters"]) | OF_THE_CODE
    assert all(parameter.accepts(parameter.default) for parameter in read_parameters(released).values())


@pytest.mark.parametrize("name", [TEMPLATE, HUB_TEMPLATE])
def test_cfn_lint_finds_nothing_in_the_template_of_a_release(built: Path, name: str) -> None:
    """Neither errors nor warnings, with the parameters of the code too."""
    result = subprocess.run([str(CFN_LINT), str(built / name)], capture_output=True, text=True, timeout=120, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_a_hub_is_deployed_like_a_member(built: Path) -> None:
    """Its settings are parameters that keep their values, and its template does not go over a deployment that counts, nor the other way."""
    hub, member = (installed_artifact({"FARGATECOUNT_ARTIFACT": str(built)}, name) for name in (HUB_TEMPLATE, TEMPLATE))
    assert (hub.code_key, hub.code) == (member.code_key, member.code)
    stacks = FakeStacks()

    def deploy(build: Artifact, given: dict[str, str]) -> DeploymentPlan:
        plan = plan_deployment(stacks, build, "fargatecount-hub-prod", given, stage="prod")
        assert apply_plan(stacks, build, plan, FakeClock(), lambda _: None).succeeded
        return plan

    assert deploy(hub, {"OrganizationId": "o-a1b2c3d4e5"}).is_hub
    deploy(hub, {"Armed": "true"})
    assert (stacks.parameters["OrganizationId"], stacks.parameters["Armed"], stacks.parameters["CodeKey"]) == (
        "o-a1b2c3d4e5",
        "true",
        hub.code_key,
    )
    with pytest.raises(MisconfiguredError, match="is no deployment that counts of fargatecount: it lacks TableName, TaskQueueUrl"):
        plan_deployment(stacks, member, "fargatecount-hub-prod", {}, stage="prod")
    with pytest.raises(MisconfiguredError, match="the warning threshold must be below"):
        plan_deployment(stacks, hub, "fargatecount-hub-prod", {"WarningPercent": "95"}, stage="prod")


def test_the_key_of_the_code_changes_with_it() -> None:
    """CloudFormation updates a function only if its code has another key."""
    assert code_key("1.0.0", b"a") != code_key("1.0.0", b"b")
    assert code_key("1.0.0", b"a").startswith("fargatecount/1.0.0/")


def test_a_template_that_was_made_generic_is_not_changed_by_it(prod: Artefact) -> None:
    """The packaged template stays what osls deploys."""
    before = json.dumps(prod.template.raw)
    generic(prod.template.raw, "key")
    assert json.dumps(prod.template.raw) == before


def test_the_wheel_carries_the_artifact_and_is_the_same_twice(built: Path, tmp_path: Path) -> None:
    """Built from two folders at two times: the same bytes, and the template and code in it are those of the manifest."""
    wheels = []
    for folder in (tmp_path / "one", tmp_path / "other"):
        sources = folder / "checkout"
        sources.mkdir(parents=True)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copyfile(ROOT / name, sources / name)
        shutil.copytree(ROOT / "fargatecount", sources / "fargatecount", ignore=shutil.ignore_patterns("__pycache__", "artifact"))
        shutil.copytree(built, sources / "fargatecount" / "artifact")
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(TIME)}
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        subprocess.run(command, cwd=sources, env=environment, check=True, capture_output=True)
        wheels.append((folder / f"fargatecount-{__version__}-py3-none-any.whl").read_bytes())
    assert wheels[0] == wheels[1]
    with zipfile.ZipFile(io.BytesIO(wheels[0])) as wheel:
        files = {name: wheel.read(f"fargatecount/artifact/{name}") for name in (MANIFEST, TEMPLATE, HUB_TEMPLATE, CODE)}
    assert open_artifact(files.pop(MANIFEST), files).version == __version__


def test_an_archive_depends_on_names_and_contents_alone(tmp_path: Path) -> None:
    """Not on times, owners or modes on this machine."""
    for name in ("one", "other"):
        folder = tmp_path / name
        (folder / "templates").mkdir(parents=True)
        (folder / "templates" / "b.yaml").write_text("b")
        (folder / "a.yaml").write_text("a")
    os.utime(tmp_path / "other" / "a.yaml", (1, 1))
    (tmp_path / "other" / "a.yaml").chmod(0o600)
    one, other = (packed(tmp_path / name, "chart", TIME) for name in ("one", "other"))
    assert one == other
    with tarfile.open(fileobj=io.BytesIO(one)) as archive:
        assert archive.getnames() == ["chart/a.yaml", "chart/templates/b.yaml"]


def test_the_notes_are_the_section_of_the_changelog() -> None:
    """Of the version; before it has one, of what is unreleased."""
    changelog = "# Changelog\n\n## [Unreleased]\n\n- new\n\n## [1.0.0] - 2026-01-01\n\n- old\n\n## [0.9.0]\n\n- older\n"
    assert notes(changelog, "1.0.0") == "# Fargatecount 1.0.0\n\n- old\n"
    assert notes(changelog, "1.1.0") == "# Fargatecount 1.1.0\n\n- new\n"


def test_the_bill_of_materials_names_every_library(built: Path) -> None:
    """What requirements.txt pins is in the zip, and in the document, once, with its package URL."""
    document = json.loads(sbom("fargatecount-functions", "1.0.0", ROOT / "requirements.txt"))
    found = {(one["name"], one["version"], one["purl"]) for one in document["components"]}
    assert ("msgspec", "0.22.0", "pkg:pypi/msgspec@0.22.0") in found
    with zipfile.ZipFile(built / CODE) as archive:
        carried = {name.split(".dist-info")[0] for name in archive.namelist() if ".dist-info/" in name}
    assert {f"{name.replace('-', '_')}-{version}" for name, version, _ in found} == carried
    assert document["dependencies"][0]["dependsOn"] == sorted(one["purl"] for one in document["components"])
