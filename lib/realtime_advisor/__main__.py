"""`python -m realtime_advisor`: the headless run, one sentence on stderr and a non-zero status where it cannot end."""

from __future__ import annotations

import sys

from .errors import AdvisorError
from .report import INTERRUPTED, run_report, summarise

USAGE = (
    "usage: [DATABASE_URL=...] [SECONDS=60] [OUT=out] python -m realtime_advisor\n"
    "Decides about every table and writes decisions and SQL to OUT; without DATABASE_URL (or PG* variables) about the "
    "embedded workshop database."
)


def main() -> int:
    """Run the report; the exit status."""
    if len(sys.argv) > 1:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        print(summarise(run_report()))
    except AdvisorError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted before anything was decided; nothing was written.", file=sys.stderr)
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
