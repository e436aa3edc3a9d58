"""Runs as a process of its own: reads the WAL of the database given for a minute, for a test to kill on the way."""

from __future__ import annotations

import sys

from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.target import open_target
from realtime_advisor.observation.wal import read_wal


def main(url: str) -> None:
    target = open_target(url)
    read_wal(target, read_catalog(target), 60, pause=0.2, progress=False)


if __name__ == "__main__":
    main(sys.argv[1])
