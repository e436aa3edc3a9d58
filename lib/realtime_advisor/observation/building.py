"""Building many small objects at once."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def collector_paused() -> Iterator[None]:
    """No cyclic garbage collection inside: where all that is made is kept, the collector looks at it again and again.

    Afterwards it is as it was, also where it was off before.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def group(pairs: Iterable[tuple[int, T]]) -> dict[int, list[T]]:
    """What belongs to each oid, in the order given.

    >>> group([(1, "a"), (2, "b"), (1, "c")])
    {1: ['a', 'c'], 2: ['b']}
    """
    grouped: dict[int, list[T]] = defaultdict(list)
    for relid, part in pairs:
        grouped[relid].append(part)
    return dict(grouped)
