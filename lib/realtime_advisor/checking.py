"""`make check`: what has drifted from a bundle, one line a finding, and an exit status for CI."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final

from .bundle.drift.check import check
from .bundle.reading import read_decisions
from .errors import AdvisorError, BadInput
from .model import Drift
from .model.design import WORKSHOP_TRAFFIC
from .sampling import read_number
from .targets import NAME_ONE, connect, identify_database, is_workshop, named_target

UNCHECKED: Final = 2


def run_check(environ: Mapping[str, str] = os.environ) -> int:
    """Check DATABASE_URL (or PG*) against the bundle in BUNDLE; 0 nothing drifted, 1 something has, 2 not checked."""
    try:
        bundle = environ.get("BUNDLE", "").strip()
        if not bundle:
            raise BadInput("No bundle is named, so there is nothing to check against. Name its folder: BUNDLE=out.")
        seconds = read_number(environ, "SECONDS", "how long to watch the database", least=0)
        _require_database(bundle, environ)
        target = connect(environ=environ)
        try:
            database = "the workshop database" if is_workshop(target) else f"database {identify_database(target).name}"
            drift = check(target, bundle, seconds)
        finally:
            target.close()
    except AdvisorError as error:
        print(error, file=sys.stderr)
        return UNCHECKED
    _tell(drift, f"the bundle in {bundle}, on {database}")
    return drift.status


def _require_database(bundle: str, environ: Mapping[str, str]) -> None:
    """Raise BadInput where no database is named, unless the bundle is of the workshop's, which needs no name.

    Where a secret is missing in CI, the answer would be about a database that nobody asked about.
    """
    if not named_target(environ) and read_decisions(bundle).window != WORKSHOP_TRAFFIC:
        raise BadInput(
            f"The bundle in {bundle} was not decided by the workshop's traffic, and neither DATABASE_URL nor PGHOST "
            f"and its like say which database to check: {NAME_ONE}."
        )


def _tell(drift: Drift, what: str) -> None:
    """One line a finding, the notes, and last a line of what was checked and how it stands."""
    if drift.status:
        print(drift)
    for note in drift.notes:
        print(f"Note: {note}")
    print(_summarise(drift, what))


def _summarise(drift: Drift, what: str) -> str:
    if drift.findings:
        return f"Findings about {what}: {len(drift.findings)}."
    if drift.unchecked:
        return f"Not all could be checked of {what}; nothing was found in the rest."
    return f"Nothing has drifted from {what}: what was decided is installed, unchanged and right."
