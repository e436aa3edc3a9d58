"""What a notebook shows: words, tables, code and pictures. Each has plain text, so it can be read anywhere.

Frozen values; the only thing they do is to tell Jupyter how they look.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final, Protocol

from .palette import Look

if TYPE_CHECKING:
    import pandas as pd

PLOTLY: Final = "application/vnd.plotly.v1+json"
_MOST_ROWS: Final = 60
_WIDEST_TEXT: Final = 120
_CELL: Final = "text-align:left;vertical-align:top"
_NUMBER: Final = "text-align:right;vertical-align:top"


class View(Protocol):
    """Anything that can be shown: as HTML inside a widget, as text without one."""

    @property
    def html(self) -> str: ...

    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Badge:
    """A word with its mark and colour."""

    look: Look
    word: str = ""

    @property
    def html(self) -> str:
        mark = f'<span style="color:{self.look.colour}">{self.look.mark}</span>'
        return f'<span style="white-space:nowrap">{mark} {escape(self.word or self.look.word)}</span>'

    def __str__(self) -> str:
        return f"{self.look.mark} {self.word or self.look.word}"


Cell = str | Badge


@dataclass(frozen=True)
class Words:
    """Paragraphs, and below them a list of those that begin with '- '."""

    paragraphs: tuple[str, ...]

    @property
    def html(self) -> str:
        items = "".join(f"<li>{escape(said[2:])}</li>" for said in self.paragraphs if said.startswith("- "))
        plain = "".join(f"<p>{escape(said)}</p>" for said in self.paragraphs if not said.startswith("- "))
        return plain + (f"<ul>{items}</ul>" if items else "")

    @property
    def text(self) -> str:
        return "\n".join(self.paragraphs)

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Sheet:
    """A table with a sentence above it and others below; `numbers` names the columns that are set flush right."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: frozenset[str] = frozenset()
    below: tuple[str, ...] = ()

    @property
    def frame(self) -> pd.DataFrame:
        """The same as a data frame, all rows, each cell as text."""
        import pandas as pd  # which takes longer to import than all that is shown without it

        return pd.DataFrame([[str(cell) for cell in row] for row in self.rows], columns=list(self.columns))

    @property
    def html(self) -> str:
        head = "".join(f'<th style="{self._style(column)}">{escape(column)}</th>' for column in self.columns)
        body = "".join(self._row(row) for row in self.rows[:_MOST_ROWS])
        title = f"<p>{escape(self.title)}</p>" if self.title else ""
        table = (
            f'<table style="margin-left:0"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
            if self.rows
            else ""
        )
        return f"{title}{table}{''.join(f'<p>{escape(line)}</p>' for line in self._more())}"

    @property
    def text(self) -> str:
        rows = [list(self.columns), *([str(cell) for cell in row] for row in self.rows[:_MOST_ROWS])]
        lines = _align(rows) if self.rows else []
        return "\n".join([*([self.title] if self.title else []), *lines, *self._more()])

    def _style(self, column: str) -> str:
        return _NUMBER if column in self.numbers else _CELL

    def _row(self, row: Sequence[Cell]) -> str:
        cells = (
            f'<td style="{self._style(column)}">{cell.html if isinstance(cell, Badge) else _unbroken(cell)}</td>'
            for column, cell in zip(self.columns, row, strict=True)
        )
        return f"<tr>{''.join(cells)}</tr>"

    def _more(self) -> Iterable[str]:
        if len(self.rows) > _MOST_ROWS:
            yield f"... and {len(self.rows) - _MOST_ROWS:,} more rows; .frame has them all."
        yield from self.below

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def _unbroken(cell: str) -> str:
    """A cell's HTML in which no line breaks between a number and its sign."""
    return escape(re.sub(r"(?<=[<>≤≥=]) | (?=%)|(?<=^[✓✗?]) ", "\u00a0", cell))


def _align(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of text, in columns where they fit a screen."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if sum(widths) > _WIDEST_TEXT:
        return [" | ".join(row) for row in rows]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


@dataclass(frozen=True)
class Listing:
    """Code, coloured by Jupyter (and by GitHub) as its language."""

    code: str
    language: str = "sql"

    @property
    def html(self) -> str:
        return f'<pre style="white-space:pre-wrap">{escape(self.code)}</pre>'

    @property
    def text(self) -> str:
        return self.code

    def _repr_markdown_(self) -> str:
        ticks = max((len(run) for run in re.findall("`+", self.code)), default=0)
        fence = "`" * max(3, ticks + 1)
        return f"{fence}{self.language}\n{self.code.rstrip()}\n{fence}"

    def __repr__(self) -> str:
        return f"{self.language}, {len(self.code.splitlines())} lines"


@dataclass(frozen=True)
class Page:
    """A page in Markdown, set by Jupyter (and by GitHub)."""

    markdown: str

    @property
    def html(self) -> str:
        return Listing(self.markdown, "markdown").html

    @property
    def text(self) -> str:
        return self.markdown

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __repr__(self) -> str:
        return f"a page of {len(self.markdown.splitlines())} lines"


@dataclass(frozen=True)
class Stack:
    """Several views, one below the other."""

    views: tuple[View, ...]

    @property
    def html(self) -> str:
        return "".join(view.html for view in self.views)

    @property
    def text(self) -> str:
        return "\n\n".join(view.text for view in self.views)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for view in self.views:
            display(view)

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Picture:
    """A plotly figure and the sentence that it shows; `figure` is there to be changed or saved."""

    figure: Any
    sentence: str
    below: tuple[str, ...] = ()  # what the figure cannot show

    @property
    def words(self) -> Words:
        return Words((self.sentence, *self.below))

    @property
    def html(self) -> str:
        return self.words.html

    @property
    def text(self) -> str:
        return self.words.text

    def _ipython_display_(self) -> None:
        from IPython.display import display

        drawn = json.loads(self.figure.to_json()) | {"config": {"displayModeBar": False, "responsive": True}}
        display({PLOTLY: drawn, "text/plain": "(a figure; its sentence follows)"}, raw=True)
        display(self.words)

    def __repr__(self) -> str:
        return self.text
