"""The benchmark's table. What it measures is measured, and asserted by no test."""

import json

import pytest
from bench.__main__ import MEASUREMENTS
from bench.figures import Figure, Target, p99
from bench.table import as_json, table
from rich.console import Console

FIGURES = {
    "Speed": [
        Figure("answer, p50", 4.2, "ms", Target(5)),
        Figure("answers", 900, "/s", Target(1000, "higher")),
        Figure("CPU of each", 2.0, "ms"),
    ]
}


@pytest.fixture
def rendered() -> list[str]:
    console = Console(width=100)
    with console.capture() as printed:
        console.print(table(FIGURES))
    return printed.get().splitlines()


@pytest.mark.parametrize(
    ("what", "cells"),
    [
        ("answer, p50", ["4.20 ms", "≤ 5 ms", "ok"]),
        ("answers", ["900 /s", "≥ 1,000 /s", "over"]),
        ("CPU of each", ["2 ms", "", ""]),
    ],
)
def test_a_figure_stands_beside_its_target(rendered: list[str], what: str, cells: list[str]) -> None:
    line = next(line for line in rendered if what in line)
    assert [cell.strip() for cell in line.strip("│").split("│")][1:] == cells


def test_the_table_says_what_it_was_measured_on(rendered: list[str]) -> None:
    assert any(" cores, " in line for line in rendered)


def test_programs_get_the_same_figures() -> None:
    figure = json.loads(as_json(FIGURES))["figures"][1]
    assert (figure["what"], figure["value"], figure["target"], figure["ok"]) == ("answers", 900, 1000, False)


def test_every_measurement_is_listed_by_the_name_that_only_takes() -> None:
    assert [one.name for one in MEASUREMENTS] == [
        "start",
        "lint",
        "webhooks",
        "first-call",
        "steps",
        "loops",
        "parked",
    ]


def test_p99_is_what_one_in_a_hundred_is_above() -> None:
    assert p99([float(number) for number in range(100)]) == 99.0
