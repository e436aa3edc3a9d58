"""Whether members are found by an index: every join of a channel looks one up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from realtime_advisor.model import Catalog, Design, Table, TableName

from .grants import told_by
from .quoting import qualified, quote_ident


def looked_up(designs: Sequence[Design]) -> dict[TableName, tuple[str, ...]]:
    """The membership tables, each with the columns of which an index should begin with any: the user's first."""
    found: dict[TableName, tuple[str, ...]] = {}
    for design in designs:
        for _, emission in told_by(design):
            entitled = emission.scope.entitlement
            if entitled and entitled.membership and entitled.user_column:
                columns = (*found.get(entitled.membership, ()), entitled.user_column, *entitled.scope_columns)
                found[entitled.membership] = tuple(dict.fromkeys(columns))
    return found


def index_advice(design: Design, catalog: Catalog) -> Iterator[str]:
    """A sentence for each membership table whose keys do not help; of plain indexes the catalogue says nothing."""
    for name, columns in looked_up([design]).items():
        if name in catalog.tables and not _has_key(catalog[name], columns):
            listed = ", ".join(map(quote_ident, columns))
            yield (
                f"no key of {name} begins with {' or '.join(columns)}. Unless an index does, every join of a channel "
                f"reads the whole table: create index concurrently on {qualified(name)} ({listed});"
            )


def _has_key(table: Table, columns: Sequence[str]) -> bool:
    return any(key[:1] and key[0] in columns for key in (table.primary_key, *table.unique_keys))
