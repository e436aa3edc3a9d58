"""`python -m realtime_advisor`: the headless run, one sentence on stderr and a non-zero status where it cannot end."""

from __future__ import annotations

import sys

from .errors import AdvisorError
from .report import INTERRUPTED, run_report, summarise


def main() -> int:
    """Run the report; the exit status."""
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
