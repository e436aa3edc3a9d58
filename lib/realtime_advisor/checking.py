"""`make check`: what has drifted from a bundle, one line a finding, and an exit status for CI."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final

from .bundle.drift.check import check
from .errors import AdvisorError, BadInput
from .sampling import read_number
from .targets import connect

UNCHECKED: Final = 2


def run_check(environ: Mapping[str, str] = os.environ) -> int:
    """Check DATABASE_URL (or PG*) against the bundle in BUNDLE; 0 nothing drifted, 1 something has, 2 not checked."""
    try:
        bundle = environ.get("BUNDLE", "").strip()
        if not bundle:
            raise BadInput("No bundle is named, so there is nothing to check against. Name its folder: BUNDLE=out.")
        seconds = read_number(environ, "SECONDS", "how long to watch the database", least=0)
        target = connect(environ=environ)
        try:
            drift = check(target, bundle, seconds)
        finally:
            target.close()
    except AdvisorError as error:
        print(error, file=sys.stderr)
        return UNCHECKED
    print(drift)
    for note in drift.notes:
        print(f"Note: {note}")
    return drift.status
