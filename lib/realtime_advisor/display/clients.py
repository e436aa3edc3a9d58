"""A design's client code, alone and beside the SQL that speaks to it."""

from __future__ import annotations

from realtime_advisor.model import Client, Script

from .folders import Beside, Folder
from .views import Listing
from .wording import say_count, say_table

_LANGUAGE = "typescript"


def show_client(client: Client) -> Folder:
    """The files that the design decides, and the names of the others."""
    files = tuple((name, Listing(text, _LANGUAGE)) for name, text in client.own.items())
    shared = ""
    if client.shared:
        shared = f"Beside them, the same for every table: {', '.join(client.shared)}."
    title = f"What an application takes for {say_table(client.design.table)}: {say_count(len(files), 'file')}."
    return Folder(title, files, _first(files), shared)


def show_both_sides(script: Script, client: Client) -> Beside:
    """The steps of the installation on the left, what an application takes on the right."""
    steps = {"1 functions": script.functions, "2 triggers": script.triggers, "3 policies": script.policies}
    files = tuple((name, Listing(text)) for name, text in steps.items() if text)
    title = f"What is installed for {say_table(script.design.table)}: {say_count(len(files), 'step')}."
    return Beside(Folder(title, files, _first(files)), show_client(client))


def _first(files: tuple[tuple[str, Listing], ...]) -> frozenset[str]:
    return frozenset(name for name, _ in files[:1])
