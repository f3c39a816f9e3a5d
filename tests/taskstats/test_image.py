"""The image and the snippets that add it to a task definition."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import cfnlint.api
import pytest
import yaml

from taskstats.__main__ import parser
from tests.rules.tracked import ROOT
from tests.support.metadata_endpoint import UsedContainer, UsedTask, metadata_endpoint
from tests.watcher.image import Image

FOLDER = ROOT / "infra" / "taskstats"
TEMPLATE = FOLDER / "task-definition.yml"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The built image."""
    made = Image(tmp_path_factory.mktemp("image"), "taskstats")
    made.build()
    return made


def test_the_image_starts_and_reads(image: Image) -> None:
    """The entry point works with the copied files alone."""
    with metadata_endpoint(UsedTask([UsedContainer("1", "app")])) as url:
        image.environment["ECS_CONTAINER_METADATA_URI_V4"] = url
        ended = image.start("--once", "--allow-any-endpoint")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["container"]["name"] == "app"


def test_the_image_does_not_run_as_root(image: Image) -> None:
    """The image runs as a numeric user other than root, and carries compiled code for a read-only file system."""
    assert int(image.settings["USER"].partition(":")[0]) > 0
    assert list((image._stages["build"] / "app/taskstats/__pycache__").glob("sidecar.*.pyc"))


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short functions as their arguments."""


_Loader.add_multi_constructor("!", lambda loader, _, node: loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None)


def of_cloudformation() -> dict[str, Any]:
    """Return the sidecar's container definition in the template, with the parameters' names as values and keys in lower camel case."""
    template = yaml.load(TEMPLATE.read_text(), Loader=_Loader)
    _, sidecar = template["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"]

    def lower(value: Any) -> Any:
        if isinstance(value, dict):
            return {key[0].lower() + key[1:]: lower(inner) for key, inner in value.items()}
        return value

    found: dict[str, Any] = lower(sidecar)
    return found


def test_the_template_has_no_finding() -> None:
    """cfn-lint accepts the template."""
    assert cfnlint.api.lint_file(TEMPLATE) == []


def test_the_snippets_use_options_that_there_are() -> None:
    """The command of the container parses."""
    values = {"${EverySeconds}": "10", "${SampleEvery}": "6"}
    given = parser().parse_args([values.get(each, each) for each in of_cloudformation()["command"]])
    assert (given.every, given.sample, given.brief, given.metrics, given.service) == (10, 6, True, "Fargate Task Stats", "ServiceName")


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_both_snippets_are_one_container(tmp_path: Path) -> None:
    """Terraform makes the container definition that the CloudFormation template has."""
    shutil.copy(FOLDER / "taskstats.tf", tmp_path)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CHECKPOINT_DISABLE": "1"}
    given = {
        "image": "SidecarImage",
        "service": "ServiceName",
        "log_group": "SidecarLogs",
        "region": "AWS::Region",
        "every_seconds": "10",
        "sample_every": "6",
    }
    environment |= {f"TF_VAR_{name}": value for name, value in given.items()}

    def terraform(*arguments: str) -> str:
        return subprocess.run(
            ["terraform", *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=60
        ).stdout

    terraform("fmt", "-check")
    terraform("init", "-no-color")
    terraform("apply", "-auto-approve", "-no-color")
    made = json.loads(terraform("output", "-json", "container_definition"))
    expected = of_cloudformation()
    expected["command"] = [{"${EverySeconds}": "10", "${SampleEvery}": "6"}.get(each, each) for each in expected["command"]]
    assert made == expected
