"""Which columns of a table a narrow terminal shows, and CSV of which there are no rows."""

from __future__ import annotations

import pytest

from fargatecount.breaches.alarm_list import AlarmDocument
from fargatecount.cli import output
from fargatecount.cli.fitting import kept_columns

COLUMNS = ["CLUSTER", "PENDING", "RUNNING", "STATE"]
ROWS = [["ECS-web", "0", "3", ""], ["ECS-batch", "0", "0", ""]]


@pytest.mark.parametrize(
    ("rows", "footer", "room", "kept"),
    [
        (ROWS, [], 80, [0, 1, 2, 3]),
        (ROWS, [], 30, [0, 2, 3]),
        (ROWS, ["total", "1", "3", ""], 30, [0, 1, 2, 3]),
        ([], [], 10, [0, 1, 2, 3]),
    ],
    ids=["all fit", "zeros make room", "a total that is not zero keeps its column", "an empty table keeps its heading"],
)
def test_columns_of_zeros_make_room(rows: list[list[str]], footer: list[str], room: int, kept: list[int]) -> None:
    """The name of a row and what is said of it always stay, and so does a number that is not zero."""
    assert kept_columns(COLUMNS, rows, footer, room=room, texts={0, 3}) == kept


def test_csv_without_rows_has_its_heading(capsys: pytest.CaptureFixture[str]) -> None:
    """A program that reads by column finds the columns in an empty answer too."""
    output.print_structs_csv([], AlarmDocument)
    assert capsys.readouterr().out == "name,state,since,reason,description\n"
