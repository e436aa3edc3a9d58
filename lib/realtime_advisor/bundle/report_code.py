"""Code as the report lists it: its comments apart from what runs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from realtime_advisor.display.views import Words
from realtime_advisor.display.wording import say_count
from realtime_advisor.model import Client

from .report_views import Block, CodePart, Listing

_COMMENTS: Final = {"sql": ("--",), "typescript": ("//", "/*", "*")}


def list_code(title: str, text: str, language: str = "sql") -> Listing:
    """The listing of a file, its length told beside the title."""
    marks = _COMMENTS[language]
    lines = text.rstrip("\n").split("\n")
    parts = (
        CodePart("\n".join(run) + "\n", comment)
        for comment, run in groupby(lines, lambda line: line.lstrip().startswith(marks))
    )
    return Listing(title, tuple(parts), f"{len(lines):,} lines")


def list_client(client: Client) -> Iterator[Block]:
    """What an application takes for a table: the files that its design decides, and how many it shares with others."""
    taken = say_count(len(client.own), "file")
    beside = f", beside {len(client.shared)} that are the same for every table" if client.shared else ""
    yield Block("words", Words((f"An application takes {taken} of its own from client/{beside}.",)))
    yield from (Block("listing", list_code(name, text, "typescript")) for name, text in client.own.items())
