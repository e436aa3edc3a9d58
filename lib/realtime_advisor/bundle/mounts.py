"""Mount points: a folder that is one, as a container's volume is, cannot be put in another's place."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

_MOUNTS: Final = Path("/proc/self/mountinfo")
_PLACE: Final = 4  # the field of proc(5) that says where
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")


def is_mount_point(folder: Path) -> bool:
    """Whether the folder, a resolved path, is one.

    Linux is asked for its list, since os.path.ismount() does not see a folder bound within one file system.
    """
    return os.path.ismount(folder) or str(folder) in _listed()


def _listed() -> set[str]:
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return set()
    return {_ESCAPED.sub(lambda found: chr(int(found[1], 8)), line.split(" ")[_PLACE]) for line in lines}
