"""`fargatecount config`, and how the configuration file reaches the commands."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fargatecount.cli.config_file import CHOSEN, ENDPOINT, FILE, VARIABLES, ConfigFile, Values, config_path, read_config, variables_of
from fargatecount.errors import MisconfiguredError
from tests.cli.conftest import Answer
from tests.support.deployed import Deployed

Run = Callable[..., Answer]

EU = Values(region="eu-west-1", profile="prod", stage="prod")
STAGING = Values(region="us-east-1", stage="staging", output="wide")
BOTH = ConfigFile(output="csv", deployment="eu", deployments={"eu": EU, "staging": STAGING})


@pytest.fixture(autouse=True)
def _no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset the variables of all keys, and restore what a command under test sets."""
    for variable in (*VARIABLES.values(), "AWS_DEFAULT_REGION", "AWS_DEFAULT_PROFILE", CHOSEN, ENDPOINT):
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)


@pytest.mark.parametrize(
    ("name", "environment", "added"),
    [
        (None, {}, {"AWS_REGION": "eu-west-1", "AWS_PROFILE": "prod", "FARGATECOUNT_STAGE": "prod", "FARGATECOUNT_OUTPUT": "csv"}),
        ("staging", {}, {"AWS_REGION": "us-east-1", "FARGATECOUNT_STAGE": "staging", "FARGATECOUNT_OUTPUT": "wide"}),
        (None, {CHOSEN: "staging"}, {"AWS_REGION": "us-east-1", "FARGATECOUNT_STAGE": "staging", "FARGATECOUNT_OUTPUT": "wide"}),
        (
            "eu",
            {CHOSEN: "staging", "FARGATECOUNT_STAGE": "mine", "AWS_PROFILE": "me"},
            {"AWS_REGION": "eu-west-1", "FARGATECOUNT_OUTPUT": "csv"},
        ),
        ("staging", {"AWS_DEFAULT_REGION": "eu-west-3"}, {"FARGATECOUNT_STAGE": "staging", "FARGATECOUNT_OUTPUT": "wide"}),
        (None, {ENDPOINT: "http://127.0.0.1:4566"}, {"FARGATECOUNT_OUTPUT": "csv"}),
    ],
    ids=["default", "option", "variable", "option and environment", "older name of a variable", "embedded AWS"],
)
def test_the_file_fills_what_the_environment_leaves_open(name: str | None, environment: dict[str, str], added: dict[str, str]) -> None:
    """An option selects before a variable, a variable before the file; no variable that is set is replaced."""
    assert variables_of(BOTH, name, environment) == added


def test_a_place_in_aws_and_another_endpoint_contradict_each_other() -> None:
    """After `fargatecount local env` a command with --deployment must not reach either of the two by accident."""
    with pytest.raises(MisconfiguredError, match=r"AWS_ENDPOINT_URL is http://127\.0\.0\.1:1"):
        variables_of(BOTH, "eu", {ENDPOINT: "http://127.0.0.1:1"})


def test_an_unknown_deployment_is_named_with_the_closest() -> None:
    """With those that there are."""
    with pytest.raises(MisconfiguredError, match=r"no deployment 'stagign'; did you mean staging\?") as caught:
        variables_of(BOTH, "stagign", {})
    assert "eu, staging" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("region = ", "Invalid value"),
        ("reigon = 'x'", "reigon"),
        ("region = 3", "region"),
        ("[deployments.a]\nstaeg = 'x'", "staeg"),
        ("[deployments]\na = 'x'", "deployments"),
        ("\ufffe", "config.toml"),
    ],
)
def test_a_wrong_file_is_an_error_that_names_the_place(fargatecount: Run, config_file: Path, text: str, named: str) -> None:
    """Before AWS is called: a typing error must not lead to another account."""
    config_file.parent.mkdir()
    config_file.write_text(text)
    answer = fargatecount("status")
    assert (answer.code, answer.out) == (2, "")
    assert str(config_file) in answer.err
    assert named in answer.err


def test_a_file_that_cannot_be_read_is_an_error(fargatecount: Run, config_file: Path) -> None:
    """It is no empty file."""
    config_file.mkdir(parents=True)
    answer = fargatecount("status")
    assert (answer.code, f"{config_file} cannot be read" in answer.err) == (2, True)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero")
def test_a_file_without_an_end_is_an_error(fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read up to a bound."""
    monkeypatch.setenv(FILE, "/dev/zero")
    assert "more than 1000000 characters" in fargatecount("status").err


def test_values_are_set_and_shown_with_their_source(fargatecount: Run, config_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Comments of the file stay, an empty value removes a key, and the environment comes before the file."""
    assert fargatecount("config", "set", "region", "eu-west-1").code == 0
    config_file.write_text("# where we are\n" + config_file.read_text())
    for words in (("--deployment", "blue", "stage", "blue"), ("--deployment", "blue", "profile", "b"), ("deployment", "blue")):
        assert fargatecount("config", "set", *words).code == 0
    assert config_file.read_text().startswith("# where we are\n")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    shown = fargatecount("config", "show", "--json").json
    assert (shown["schema"], shown["exists"], shown["deployments"]) == ("fargatecount/config", True, ["blue"])
    assert {each["key"]: (each["value"], each["source"]) for each in shown["values"] if each["value"]} == {
        "deployment": ("blue", "file"),
        "region": ("eu-west-1", "file"),
        "profile": ("mine", "environment AWS_PROFILE"),
        "stage": ("blue", "file [deployments.blue]"),
    }
    assert fargatecount("config", "set", "deployment", "").code == 0
    assert read_config(config_file).deployment is None
    table = fargatecount("config", "show").out
    assert ("eu-west-1" in table, str(config_file) in table.replace("\n", "")) == (True, True)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("reigon", "x"), "did you mean region?"),
        (("output", "jsn"), "table, wide, json, csv"),
        (("role-arn", "me"), "arn:aws:iam"),
        (("--deployment", "a", "deployment", "b"), "no deployment"),
    ],
)
def test_a_wrong_value_is_not_written(fargatecount: Run, config_file: Path, words: tuple[str, ...], named: str) -> None:
    """Wrong use, with what is right."""
    answer = fargatecount("config", "set", *words)
    assert (answer.code, named in answer.err, config_file.exists()) == (2, True, False)


def test_a_command_uses_the_deployment(here: Deployed, fargatecount: Run, config_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack of the stage in the file is found, and the answer has the form of the file."""
    here.create_stack()
    here.deliver(here.ecs.run("t1"))
    for variable in ("FARGATECOUNT_TABLE", "FARGATECOUNT_STAGE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(variable, raising=False)
    config_file.parent.mkdir()
    config_file.write_text('deployment = "mine"\n[deployments.mine]\nstage = "test"\nregion = "eu-west-1"\noutput = "json"\n')
    assert fargatecount("status").json["scopes"][0]["total"]["held"] == 1
    assert os.environ["FARGATECOUNT_STAGE"] == "test"


def test_the_path_is_that_of_the_system() -> None:
    """The variable first, then the XDG folder, then ~/.config."""
    assert config_path({"FARGATECOUNT_CONFIG": "/a/b.toml", "XDG_CONFIG_HOME": "/x"}) == Path("/a/b.toml")
    assert config_path({"XDG_CONFIG_HOME": "/x", "HOME": "/h"}) == Path("/x/fargatecount/config.toml")
    assert config_path({"HOME": "/h"}) == Path("/h/.config/fargatecount/config.toml")


def test_a_folder_that_cannot_be_made_is_an_error(fargatecount: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the remedy, and no traceback."""
    (tmp_path / "file").touch()
    monkeypatch.setenv(FILE, str(tmp_path / "file" / "below" / "config.toml"))
    answer = fargatecount("config", "set", "region", "eu-west-1")
    assert (answer.code, "cannot" in answer.err, FILE in answer.err) == (2, True, True)


def test_the_path_is_printed(fargatecount: Run, config_file: Path) -> None:
    """For `$EDITOR "$(fargatecount config path)"`."""
    assert fargatecount("config", "path").out == f"{config_file}\n"
