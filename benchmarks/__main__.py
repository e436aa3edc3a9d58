"""Compare the trigger designs, and the engine's speed: ratios, side by side in one run on the embedded server.

python benchmarks [--only triggers | --only scale] [--rows N] [--rounds N] [--tables N ...]
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys

from scale import compare_sizes
from triggers import compare_triggers

from realtime_advisor.errors import AdvisorError
from realtime_advisor.sandbox.postgres import RunningServer, lease

_TRIGGERS = """\
What a trigger costs the writer: time as a multiple of the same writes without a trigger, as a client sees it, and the
messages left. PostgreSQL {version}, {rows:,} rows; median of {rounds} rounds (--rounds). The embedded server does not
wait for its disk at commit; on one that does, every one-row transaction takes longer, and those ratios are smaller.
"""
_SCALE = """\
What the stations cost: time and memory as multiples of a bare `select * from pg_stat_user_tables`, connecting included.
Memory is the whole process's peak so far in the pass. Median of {rounds} passes  (least-most).
Every table has nine columns, a primary key, an index, a foreign key, row level security and a policy, and is analysed.
One sample is what the server takes for a reading of a running sampling, on an open connection, to its last row.
It takes a minute or two to make 10,000 tables, and five or more to make 50,000.
"""


def _read_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Arguments go into ARGS='...'.")
    parser.add_argument("--only", choices=("triggers", "scale"), help="one of the two comparisons")
    parser.add_argument("--rows", type=_count, default=100_000, help="rows that a bulk write changes (100000)")
    parser.add_argument("--rounds", type=_count, default=3, help="how often each is measured (3)")
    parser.add_argument(
        "--tables", type=_count, nargs="+", default=[1_000, 10_000], help="sizes of databases (1000 10000)"
    )
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of 1 or more")
    return number


def _compare(server: RunningServer, asked: argparse.Namespace) -> None:
    if asked.only != "scale":
        print(_TRIGGERS.format(version=server.binaries.version, rows=asked.rows, rounds=asked.rounds))
        print(compare_triggers(server, asked.rows, asked.rounds), flush=True)
    if asked.only is None:
        print()
    if asked.only != "triggers":
        print(_SCALE.format(rounds=asked.rounds))
        print(compare_sizes(server, asked.tables, asked.rounds), flush=True)


def main(arguments: list[str]) -> int:
    """Print the comparisons; 0, or 1 and a sentence on stderr. Ended by a signal, it drops its databases first."""
    # An interrupted statement cannot be rolled back politely; the database is dropped anyway.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    asked = _read_arguments(arguments)
    try:
        with lease() as server:
            _compare(server, asked)
    except AdvisorError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
