"""Advice to `report.html`: one file that needs nothing else, on screen or on paper, with JavaScript or without."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files as package_files
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from realtime_advisor.display.palette import BAND, FONT, GRID, INK, OPTIONS, PAPER
from realtime_advisor.display.tables import show_matrix
from realtime_advisor.model import Advice, Option, Place, TableName
from realtime_advisor.reference import load_matrix

from .report_dossier import describe_tables
from .report_overview import survey
from .report_rows import rows_by_table
from .visible import make_visible

PAGE: Final = "report.html"
_TEMPLATES: Final = package_files(__package__).joinpath("templates")


def report_html(
    advice: Advice, files: Mapping[TableName, Sequence[str]] | None = None, place: Place | None = None
) -> str:
    """The page: an overview, and a dossier for each table. The same advice gives the same bytes.

    `files` are names relative to the page, which the table's dossier links to; without them it stands alone.
    `place` names the database.

    It fetches nothing, and its content security policy forbids it to; only the page's own script runs.
    """
    script, rows = _read("report.js"), rows_by_table(advice)
    return (
        _environment()
        .get_template("report.html")
        .render(
            overview=survey(advice, rows, place),
            dossiers=describe_tables(advice, rows, files or {}),
            criteria=show_matrix(tuple(load_matrix())),
            style=_colours() + _read("report.css"),
            script=script,
            script_hash=_hash(script),
        )
    )


def _read(name: str) -> str:
    return _TEMPLATES.joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_readable,
    )
    environment.filters["unbroken"] = _unbroken
    environment.filters["breakable"] = _breakable
    return environment


def _readable(value: object) -> object:
    """A value as it is put on the page; what a macro has made is so already."""
    return make_visible(value) if type(value) is str else value


def _unbroken(text: str) -> str:
    """Text in which no line breaks between a number and its sign."""
    return text.replace(" %", "\u00a0%")


def _breakable(name: str) -> Markup:
    """A name that a narrow column breaks between its words, if it has to."""
    return Markup(escape(make_visible(name)).replace("_", Markup("_<wbr>")))


def _hash(script: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _colours() -> str:
    """The palette as the style sheet's variables, so that pictures and page agree."""
    blue = OPTIONS[Option.POSTGRES_CHANGES].colour
    named = {"ink": INK, "line": GRID, "band": BAND, "paper": PAPER, "font": FONT, "blue": blue}
    return f":root{{{';'.join(f'--{name}:{value}' for name, value in named.items())}}}\n"
