"""Which database is looked at: the one that is named, or a copy of the workshop database, whose traffic can be run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import Final

from .errors import BadInput
from .model import DatabaseIdentity, Feed, Place
from .observation.environment import find_unread, is_left_empty, names_database, tell_unread
from .observation.identity import identify
from .observation.interrupts import finishing
from .observation.progress import HEADLESS
from .observation.recording import Turns, every
from .observation.target import Target, open_target
from .workshop.database import WorkshopDatabase, load_feeds, open_workshop, template_name
from .workshop.traffic import run_traffic as run_workshop_traffic

NAME_ONE: Final = "set DATABASE_URL, in CI from a secret that is there and not empty"

# The copy behind each workshop target, so that traffic can be run on what connect() returned.
_workshops: dict[Target, WorkshopDatabase] = {}


def connect(url: str | None = None, *, environ: Mapping[str, str] = os.environ) -> Target:
    """A read-only target: `url`, else DATABASE_URL, else a PG* environment, else a copy of the workshop database.

    What may surprise about it, as that DATABASE_URL is misspelt or names a standby, is said on stderr.
    Raises ConnectionFailed, MissingPrivilege, UnsupportedServer, NoServerBinaries or SandboxFailed, in one sentence.
    """
    named = url if url is not None else environ.get("DATABASE_URL", "").strip()
    if named or named_target(environ):
        return _tell_blind(open_target(named), environ)
    _tell_unread(environ)
    workshop = open_workshop()
    target = open_target(workshop.conninfo, clock=workshop.clock)
    _workshops[target] = workshop
    return target


def named_target(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment names a database: DATABASE_URL, or libpq's own variables."""
    return names_database(environ)


def require_no_unread(environ: Mapping[str, str]) -> None:
    """Raise BadInput where no database is named, but a variable is set that looks as if it did, or is left empty.

    For runs that nobody watches: what they leave behind would be about the workshop database.
    """
    unread = () if named_target(environ) else find_unread(environ)
    if unread:
        raise BadInput(
            f"{tell_unread(unread)}. Set DATABASE_URL to look at your own; for the embedded workshop database, unset "
            f"{' and '.join(unread)}."
        )
    if is_left_empty(environ):
        raise BadInput(
            "DATABASE_URL is empty, and neither it nor PGHOST and its like say which database to look at: "
            f"{NAME_ONE}; for the embedded workshop database, unset it."
        )


def _tell_unread(environ: Mapping[str, str]) -> None:
    if unread := find_unread(environ):
        _tell(f"{tell_unread(unread)}. This is the embedded workshop database.", environ)


def _tell_blind(target: Target, environ: Mapping[str, str]) -> Target:
    """The target; said is why its counters will tell nothing, before somebody waits for them."""
    if target.server.in_recovery:
        _tell(
            "This server is a standby, which counts no row changes: how much a table changes stays unknown. "
            "Point DATABASE_URL at its primary.",
            environ,
        )
    elif not target.server.track_counts:
        _tell(
            "This server does not count row changes, because track_counts is off: how much a table changes stays "
            "unknown. Turn it on.",
            environ,
        )
    return target


def _tell(sentence: str, environ: Mapping[str, str]) -> None:
    if HEADLESS not in environ:  # there the terminal has it already, and a stored notebook keeps no such thing
        print(sentence, file=sys.stderr)


def is_workshop(target: Target) -> bool:
    """Whether the target is a copy of the workshop database, which may be written to."""
    return target in _workshops


def feeds_of(target: Target) -> tuple[Feed, ...]:
    """The feeds that the workshop names; none for a database of your own."""
    return _workshops[target].feeds if is_workshop(target) else ()


def run_traffic(target: Target, minutes: float = 10) -> None:
    """Write `minutes` of the workshop's traffic, on its own clock. Raises BadInput for any other target."""
    if not is_workshop(target):
        raise BadInput("Traffic is written to the workshop database only, and this is another. It was not touched.")
    run_workshop_traffic(_workshops[target], minutes)


def identify_database(target: Target) -> DatabaseIdentity:
    """How a history knows the target's database; every copy of the workshop database is the same one."""
    if not is_workshop(target):
        return identify(target)
    return DatabaseIdentity(f"{_workshop_key()}-{target.server.major}", "workshop")


def locate(source: Target | DatabaseIdentity) -> Place | None:
    """Which database that is; of a recorded one the name alone. None for the workshop's. Raises AdvisorError."""
    if isinstance(source, DatabaseIdentity):
        return None if _is_recorded_workshop(source) else Place(source.name, None)
    return None if is_workshop(source) else Place(identify(source).name, source.host)


def feeds_of_recorded(database: DatabaseIdentity) -> tuple[Feed, ...]:
    """The feeds of a recorded database: the workshop's, and none for any other."""
    return load_feeds() if _is_recorded_workshop(database) else ()


def _is_recorded_workshop(database: DatabaseIdentity) -> bool:
    return database.key.startswith(f"{_workshop_key()}-")


def _workshop_key() -> str:
    return template_name().rpartition("_")[2]


def write_minutes(target: Target, seconds: float) -> Iterator[float]:
    """Write the workshop's traffic minute by minute for `seconds` of its clock, giving those that have passed."""
    begun = now = target.clock() if target.clock else None
    while begun and now and target.clock and (done := (now - begun).total_seconds()) < seconds:
        with finishing():
            run_traffic(target, min(seconds - done, 60) / 60)
            now = target.clock()
        yield (now - begun).total_seconds()


def turns_of(target: Target) -> Turns:
    """When to take a reading: by this machine's clock, on the workshop database after every minute of its traffic."""
    return (lambda left, _: write_minutes(target, left)) if is_workshop(target) else every
