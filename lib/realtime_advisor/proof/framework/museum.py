"""Try an exhibit: the framework's own SQL, or what this library generates in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from realtime_advisor.model import Script
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.target import open_target
from realtime_advisor.sandbox.postgres import RunningServer, lease

from .exhibits import EXHIBITS, Exhibit
from .mended import mend
from .room import Room, open_room


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen of an exhibit, with the SQL of `author`: 'the framework' or 'generated'."""

    exhibit: Exhibit
    author: str
    observed: str

    @property
    def holds(self) -> bool:
        """Whether that is what was expected."""
        return self.observed == self.exhibit.expected


def try_framework(exhibit: Exhibit, *, server: RunningServer | None = None) -> Finding:
    """Install the framework's blocks of this exhibit, word for word, try what it asks, and say what was seen."""
    return _try(exhibit, "the framework", lambda _: (exhibit.sql,), server)


def try_mended(exhibit: Exhibit, *, server: RunningServer | None = None) -> Finding:
    """The same with the SQL that this library generates for the framework's tables."""
    return _try(exhibit, "generated", lambda room: mend(read_catalog(open_target(room.conninfo))), server)


def tour(*, server: RunningServer | None = None) -> tuple[Finding, ...]:
    """All exhibits of the framework's SQL, in order."""
    with ExitStack() as stack:
        running = server or stack.enter_context(lease())
        return tuple(try_framework(each, server=running) for each in EXHIBITS)


def _try(
    exhibit: Exhibit, author: str, pieces: Callable[[Room], Sequence[str | Script]], server: RunningServer | None
) -> Finding:
    with ExitStack() as stack:
        running = server or stack.enter_context(lease())
        room = stack.enter_context(open_room(running, exhibit.preparation))
        room.installed = pieces(room)
        return Finding(exhibit, author, exhibit.look(room, exhibit.attempt))
