"""Put one folder in the place of another, so that whoever looks finds the old one or the new one, whole.

Linux and macOS exchange two names in one step. Elsewhere it takes two renames; what a crash between them leaves is
mended by recover(), which the next export calls first.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from pathlib import Path
from typing import Final

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2  # linux/fs.h
_RENAME_SWAP: Final = 2  # macOS: sys/stdio.h
# The file system or the kernel has no such call; the answer of musl, an old glibc, NFS, FUSE.
_UNSUPPORTED: Final = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}


def put_in_place(new: Path, folder: Path) -> None:
    """Give `new` the name `folder`, and the folder that is there the name `new`. Raises OSError."""
    try:
        _exchange(new, folder)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        _rename_twice(new, folder)


def recover(folder: Path) -> None:
    """Bring back a folder that a crash between two renames took away, or finish what it had all but done."""
    aside = _aside(folder)
    if folder.exists():
        shutil.rmtree(aside, ignore_errors=True)
    elif aside.exists():
        aside.rename(folder)


def _rename_twice(new: Path, folder: Path) -> None:
    aside = _aside(folder)
    folder.rename(aside)
    try:
        new.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    aside.rename(new)


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.aside")


def _exchange(one: Path, other: Path) -> None:
    """Exchange two names in one step. Raises OSError."""
    if sys.platform == "win32":
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    library = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "darwin":
            failed = library.renamex_np(first, second, ctypes.c_uint(_RENAME_SWAP))
        else:
            failed = library.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, ctypes.c_uint(_RENAME_EXCHANGE))
    except AttributeError:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from None
    if failed:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(other))
