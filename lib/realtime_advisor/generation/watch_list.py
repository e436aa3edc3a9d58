"""Which columns an UPDATE must change to be told, and which of them updates were seen to change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Churn, Table
from realtime_advisor.reference import bare, load_hints


def watched_columns(table: Table, local: tuple[str, ...], chosen: Sequence[str] | None) -> tuple[str, ...]:
    """The columns whose change an UPDATE must make to be told; `local` ones lead to a scope and are compared anyway.

    By default all but generated ones and timestamps that every write touches. Raises BadInput for one there is not.
    """
    known = [column.name for column in table.columns]
    for name in chosen or ():
        if name not in known:
            raise BadInput(f"{table.name} has no column {name} to watch: choose from {', '.join(known)}.")
    always = {*table.primary_key, *local}
    if chosen is not None:
        return tuple(name for name in known if name in chosen and name not in always)
    touched = {bare(word) for word in load_hints().touch_columns}
    return tuple(
        column.name
        for column in table.columns
        if not column.generated and column.name not in always and bare(column.name) not in touched
    )


def changed_columns(churn: Churn | None, watched: Sequence[str], chosen: Sequence[str] | None) -> Iterator[str]:
    """A sentence on the watched columns that updates changed, where the WAL told: a proposal, which nobody applies.

    A column that did not change while somebody looked may be the one that matters, so none is left out by itself.
    """
    wal = churn.wal if churn else None
    if wal is None or not wal.changed_columns or not wal.updates:
        return
    counts = {name: wal.changed_columns.get(name, 0) for name in watched}
    seen = sorted((name for name in counts if counts[name]), key=lambda name: (-counts[name], name))
    if not seen:
        yield f"None of {wal.updates:,} updates changed a watched column (WAL)."
        return
    shares = ", ".join(f"{name} ({counts[name] / wal.updates:.0%})" for name in seen)
    rest = len(watched) - len(seen)
    unseen = f" and none of {rest} other watched column{'' if rest == 1 else 's'}" if rest else ""
    hint = "" if chosen is not None else ": if a screen shows less, watch that alone"
    yield f"{wal.updates:,} updates changed {shares}{unseen} (WAL){hint}."
