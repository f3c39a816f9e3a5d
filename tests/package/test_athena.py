"""Athena: the tables have the columns of a record, and the saved queries are the ones that DuckDB runs."""

from __future__ import annotations

from fargatecount.history.texts import QUERIES
from tests.package.artefact import ROOT, Artefact
from tools.athena import TARGET, template


def test_the_template_is_written_from_the_code() -> None:
    """`python -m tools.athena` after a change of the record or of a query."""
    assert TARGET.read_text() == template()


def test_athena_is_made_only_if_it_is_wanted(prod: Artefact, prod_with_options: Artefact) -> None:
    """With the setting a database, two tables, a workgroup and a saved query for each question; without it nothing."""
    kinds = ("AWS::Glue::", "AWS::Athena::")
    assert not [name for name, body in prod.template.resources.items() if body["Type"].startswith(kinds)]
    assert len([name for name, body in prod_with_options.template.resources.items() if body["Type"].startswith(kinds)]) == 4 + len(QUERIES)


def test_the_file_is_part_of_the_template() -> None:
    """It is listed among the resources."""
    assert "infra/athena.yml" in (ROOT / "serverless.yml").read_text()
