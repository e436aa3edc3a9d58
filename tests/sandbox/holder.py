"""Runs as a process of its own: takes a lease in the folder given, tells about it in one line, waits for its end."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from realtime_advisor.sandbox import reaper
from realtime_advisor.sandbox.postgres import lease


def main(folder: Path) -> None:
    running = lease(folder=folder)
    print(json.dumps({"conninfo": running.conninfo(), "server": reaper.server_pid(running.folder)}), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
