"""Try an exhibit: the framework's own SQL, or what this library generates in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Final

import psycopg

from realtime_advisor.errors import SandboxFailed
from realtime_advisor.model import Script, Step
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.target import open_target
from realtime_advisor.sandbox.postgres import RunningServer, lease

from .exhibits import EXHIBITS, Exhibit
from .mended import mend
from .room import Room, open_room

_FRAMEWORK: Final = "framework"
_GENERATED: Final = "generated"
_MENDED: Final = ", mended"


def try_framework(exhibit: Exhibit, *, server: RunningServer | None = None) -> Step:
    """Install the framework's blocks of this exhibit, word for word, try what it asks, and say what was seen.

    Raises NoServerBinaries or SandboxFailed.
    """
    return _try(exhibit, _FRAMEWORK, lambda _: (exhibit.sql,), server)


def try_mended(exhibit: Exhibit, *, server: RunningServer | None = None) -> Step:
    """The same with the SQL that this library generates for the framework's tables."""
    return _try(exhibit, _GENERATED, lambda room: mend(read_catalog(open_target(room.conninfo))), server)


def tour(*, mended: bool = False, server: RunningServer | None = None) -> tuple[Step, ...]:
    """All exhibits in order, with the framework's SQL, or with what is generated in its place."""
    attempt = try_mended if mended else try_framework
    with ExitStack() as stack:
        running = server or stack.enter_context(lease())
        return tuple(attempt(each, server=running) for each in EXHIBITS)


def _try(
    exhibit: Exhibit, author: str, pieces: Callable[[Room], Sequence[str | Script]], server: RunningServer | None
) -> Step:
    try:
        with ExitStack() as stack:
            running = server or stack.enter_context(lease())
            room = stack.enter_context(open_room(running, exhibit.preparation))
            room.installed = pieces(room)
            observed = exhibit.look(room, exhibit.attempt)
    except psycopg.Error as error:
        raise SandboxFailed(
            f"Exhibit {exhibit.number} could not be tried: {error.diag.message_primary or type(error).__name__}. Try "
            "again; if it stays so, remove the embedded server's folder."
        ) from error
    return Step(
        name=f"{author}_{exhibit.number}",
        sentence=f"{exhibit.number}{_MENDED if author == _GENERATED else ''}. {exhibit.question}",
        holds=observed == exhibit.expected,
        expected=exhibit.expected,
        observed=observed,
    )
