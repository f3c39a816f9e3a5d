"""What a parameter accepts, and the value that each gets."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.errors import MisconfiguredError
from fargatecount.stack.parameters import Parameter, choose_values, read_parameters, read_settings


@pytest.fixture
def parameters(template_of_this_release: dict[str, Any]) -> dict[str, Parameter]:
    """The parameters of this release."""
    return read_parameters(template_of_this_release)


def test_every_default_is_accepted(parameters: dict[str, Parameter]) -> None:
    """A deployment with nothing set is a deployment."""
    assert [name for name, parameter in parameters.items() if not parameter.accepts(parameter.default)] == []
    assert choose_values(parameters, {}, {})["Armed"] == "false"


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("armed=yes", "armed is 'yes': expected true or false"),
        ("armd=true", "there is no setting 'armd'; did you mean armed?"),
        ("xyzzy=1", "there is no setting 'xyzzy'"),
        ("armed", "'armed' is no setting: write name=value"),
        ("buckets=5.5", "buckets is '5.5': expected a whole number from 1 to 64"),
        ("buckets=65", "expected a whole number from 1 to 64"),
        ("warningPercent=many", "expected a number from 1 to 100"),
        ("spotFactor=nan", "expected a number from 0 to 1"),
        ("logRetentionInDays=31", "expected a number of days that CloudWatch Logs knows"),
        ("namespace=AWS/Fargate", "expected 1 to 255 letters"),
        ("vpcSubnetIds=subnet-1,nets", "expected subnet ids"),
        ("rolePath=acme", "expected a path that begins and ends with a slash"),
        ("pagingEmail=nobody", "expected an e-mail address"),
        ('limits={"total": {"cpus": 1}}', "limits is"),
        ("limits={]}", "limits is"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(parameters: dict[str, Parameter], pair: str, words: str) -> None:
    """By its name, its value and what is expected."""
    with pytest.raises(MisconfiguredError) as refused:
        read_settings([pair], parameters)
    assert words in str(refused.value)


def test_all_bad_settings_are_named_at_once(parameters: dict[str, Parameter]) -> None:
    """One run is enough to see them all."""
    with pytest.raises(MisconfiguredError, match=r"armed is 'yes'.*; .*no setting 'armd'"):
        read_settings(["armed=yes", "armd=true"], parameters)


def test_settings_are_known_by_either_name(parameters: dict[str, Parameter]) -> None:
    """As serverless.yml writes them, and as CloudFormation does."""
    assert read_settings(["armed=true", "Chat=true"], parameters) == {"Armed": "true", "Chat": "true"}


def test_what_is_given_wins_over_what_is_deployed_and_that_over_the_default(parameters: dict[str, Parameter]) -> None:
    """Nothing that was set before is lost by a deployment that does not name it."""
    values = choose_values(parameters, {"Armed": "true", "Detail": "service"}, {"Detail": "total"})
    assert (values["Armed"], values["Detail"], values["Buckets"]) == ("true", "total", "8")


def test_the_code_is_always_that_of_this_release(parameters: dict[str, Parameter]) -> None:
    """An upgrade does not keep the old code."""
    values = choose_values(parameters, {"CodeBucket": "acme", "CodeKey": "old"}, {})
    assert (values["CodeBucket"], values["CodeKey"]) == ("", parameters["CodeKey"].default)


def test_a_parameter_that_no_longer_exists_is_dropped(parameters: dict[str, Parameter]) -> None:
    """CloudFormation refuses values without a parameter."""
    assert "Gone" not in choose_values(parameters, {"Gone": "1"}, {})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"WarningPercent": "95.5"}, "the warning threshold must be below the critical one"),
        ({"BatchSize": "11"}, "more than 10 events need a window of at least 1 second"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(parameters: dict[str, Parameter], given: dict[str, str], words: str) -> None:
    """CloudFormation compares no two parameters."""
    with pytest.raises(MisconfiguredError, match=words):
        choose_values(parameters, {}, given)
