"""`python -m realtime_advisor`: the headless runs. One that cannot end says why in one sentence on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from .errors import AdvisorError

USAGE: Final = (
    "usage: [DATABASE_URL=...] [HISTORY=...] [ANSWERS=...] [SECONDS=60] [OUT=out] [VERSION=...] [DATE=...] [TYPES=...] "
    "[SHOW_HOST=1] python -m realtime_advisor\n"
    "       [DATABASE_URL=...] [HISTORY=history] [SECONDS=86400] [INTERVAL=5] [KEEP_DAYS=30] "
    "python -m realtime_advisor sample\n"
    "       BUNDLE=out [DATABASE_URL=...] python -m realtime_advisor check\n"
    "The first decides about every table and writes decisions and SQL to OUT: of the database that DATABASE_URL or PG* "
    "variables name, else of what HISTORY recorded, else of the embedded workshop database. The second records a "
    "database's counters into HISTORY. The third says what has drifted from a bundle; its exit status is 0 where "
    "nothing has, 1 where something has, 2 where it could not be checked."
)
_INTERRUPTED: Final = 130  # as shells say of what Ctrl-C ended


def main() -> int:
    """Run what is asked for; the exit status."""
    run = _COMMANDS.get(tuple(sys.argv[1:]))
    if run is None:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        return run()
    except AdvisorError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted before anything was recorded or decided; nothing was written.", file=sys.stderr)
        return _INTERRUPTED


# Each imports what it runs: none waits for what only another one needs.
def _report() -> int:
    from .report import run_report, summarise

    print(summarise(run_report()))
    return 0


def _check() -> int:
    from .checking import run_check

    return run_check()


def _sample() -> int:
    from .sampling import run_sampling

    return run_sampling()


_COMMANDS: Final[dict[tuple[str, ...], Callable[[], int]]] = {
    (): _report,
    ("check",): _check,
    ("sample",): _sample,
}

if __name__ == "__main__":
    sys.exit(main())
