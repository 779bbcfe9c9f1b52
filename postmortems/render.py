"""Writes a postmortem down. Deterministic: the same facts give the same bytes."""

import hashlib
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Literal, assert_never

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from tocsin.postmortems.clock import elapsed, length, moment
from tocsin.postmortems.markdown import Written, escaped, linked, quoted
from tocsin.postmortems.model import Postmortem
from tocsin.postmortems.prompts import SUMMARY
from tocsin.postmortems.texts import compact, sentence_case, tidy

Format = Literal["md", "html", "json"]
_TEMPLATES = Path(__file__).parent / "templates"


def render(postmortem: Postmortem, format: Format = "md", zone: tzinfo = UTC) -> str:
    """Return the postmortem as a document; ``zone`` is that of every time in Markdown and HTML."""
    match format:
        case "md":
            return _markdown().render(pm=postmortem, summary_prompt=SUMMARY, zone=zone)
        case "html":
            return tidy(_html().render(pm=postmortem, summary_prompt=SUMMARY, zone=zone))
        case "json":
            return f"{postmortem.model_dump_json(indent=2)}\n"
        case _:
            assert_never(format)


def digest(text: str) -> str:
    """Return the SHA-256 of a document, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _markdown() -> Template:
    environment = _environment(autoescape=False)
    environment.finalize = escaped
    environment.filters |= {
        "moment": lambda at, zone: Written(moment(at, zone)),
        "elapsed": lambda duration: Written(elapsed(duration)),
        "length": lambda duration: Written(length(duration)),
        "quoted": quoted,
        "linked": linked,
    }
    return environment.get_template("postmortem.md.j2")


@cache
def _html() -> Template:
    environment = _environment(autoescape=True)
    environment.filters |= {"moment": _time_element, "elapsed": elapsed, "length": length}
    return environment.get_template("postmortem.html.j2")


def _environment(autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=autoescape,  # noqa: S701  # Markdown has its own: finalize
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"compact": compact, "sentence_case": sentence_case}
    return environment


def _time_element(at: datetime, zone: tzinfo) -> Markup:
    return Markup(f'<time datetime="{at.isoformat()}">{moment(at, zone)}</time>')  # noqa: S704  # no text in it
