"""How a table's row changes spread over its scopes: from the WAL where it was read, else from pg_stats.

pg_stats tells how the *stored* rows spread, not today's writes: what follows from it is inferred.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from realtime_advisor.model import Catalog, Churn, Scope, ScopeKind, ScopeRows, Server, Source, Table


@dataclass(frozen=True, slots=True)
class Spread:
    """The hottest scope's share of the table's row changes, 0 to 1, and how it is known; None is unknown.

    `scopes` is how many there are, `covered` the share of the row changes that belong to one. Where the hottest share
    is unknown, it is between `at_least` and `at_most`.
    """

    hottest: float | None
    scopes: float | None
    covered: float
    source: Source
    detail: str
    at_least: float = 0.0
    at_most: float = 1.0


@dataclass(frozen=True, slots=True)
class KeySpread:
    """How the rows of one table spread over the values of one key; `covered` is the part without NULL."""

    hottest: float | None
    distinct: float | None
    covered: float = 1.0
    at_most: float = 1.0


def spread_over(scope: Scope, table: Table, catalog: Catalog, churn: Churn) -> Spread:
    """How the row changes of `table` spread over the scopes of one kind.

    Along a path of foreign keys the shares combine, see `combine_shares`.
    """
    if scope.kind is ScopeKind.GLOBAL:
        return Spread(1.0, 1.0, 1.0, Source.CATALOG, "everyone may read every row, so all are one scope")
    links = list(_links(scope, table, catalog))
    seen = _seen_in_wal(churn, links[0][1])
    keys = [spread_of_key(holder, columns) for holder, columns in links]
    if seen is not None:
        keys[0] = seen
    if len(links) == 1:
        return _own_key(keys[0], links[0], churn, catalog.server, seen is not None)
    return _along_path(keys, links, churn, catalog.server, seen is not None)


_Link = tuple[Table, tuple[str, ...]]


def _links(scope: Scope, table: Table, catalog: Catalog) -> Iterator[_Link]:
    """Each table on the way with the columns that lead on, the scope's own last."""
    holder = table
    for hop in scope.path:
        yield holder, hop.columns
        holder = catalog[hop.references]
    yield holder, scope.columns


def _own_key(key: KeySpread, link: _Link, churn: Churn, server: Server, exact: bool) -> Spread:
    holder, columns = link
    if key.hottest is None:
        bound = "the whole table's" if key.at_most == 1 else f"as {', '.join(columns)} spread in pg_stats"
        hidden = say_hidden(holder, columns, server)
        detail = f"{bound}; how it spreads over scopes is unknown: {hidden}"
        return Spread(None, None, key.covered, Source.INFERRED, detail, at_most=key.at_most)
    if exact:
        return Spread(key.hottest, key.distinct, key.covered, Source.MEASURED, _say_wal(churn, columns[0]))
    if _is_rewritten(key, holder, churn):
        detail = f"the whole table's; each row has {', '.join(columns)} of its own, so which are updated is unknown"
        return Spread(None, key.distinct, key.covered, Source.INFERRED, detail, at_most=key.covered)
    detail = f"{key.hottest:.3g} of the rows in the hottest scope (pg_stats){_caution(holder, churn)}"
    return Spread(key.hottest, key.distinct, key.covered, Source.INFERRED, detail)


def _is_rewritten(key: KeySpread, holder: Table, churn: Churn) -> bool:
    """Whether it is mostly updates that write to rows of one scope each: stored rows then say nothing of the writes."""
    rows = holder.estimated_rows
    return bool(rows and key.distinct and key.distinct >= 0.99 * rows and (churn.update_share or 0) > 0.5)


def _along_path(keys: list[KeySpread], links: list[_Link], churn: Churn, server: Server, exact: bool) -> Spread:
    shares, reach = [], 1.0
    for key in keys:
        shares.append(None if key.hottest is None else key.hottest * reach)
        reach *= key.covered
    known = [share for share in shares if share is not None]
    distinct = [key.distinct for key in keys if key.distinct is not None]
    scopes = min(distinct) if keys[-1].distinct is not None else None
    told = " and ".join(
        f"{share:.3g} of {holder.name} for the hottest {', '.join(columns)}"
        for share, (holder, columns) in zip(shares, links, strict=True)
        if share is not None
    )
    how = "the WAL and pg_stats" if exact else "pg_stats"
    if len(known) == len(shares):
        detail = f"{told} ({how}), {_say_combined(known, reach)}" + ("" if exact else _caution(links[0][0], churn))
        return Spread(combine_shares(known, reach), scopes, reach, Source.INFERRED, detail)
    missing = next(link for link, share in zip(links, shares, strict=True) if share is None)
    hidden = say_hidden(*missing, server)
    first = shares[0] or 0.0
    whole = "the whole table's" if keys[0].covered == 1 else "all that have a scope"
    detail = f"{whole}; how it spreads over scopes is unknown: {hidden}"
    return Spread(None, scopes, reach, Source.INFERRED, detail, at_least=first, at_most=keys[0].covered)


def combine_shares(shares: Sequence[float], covered: float = 1.0) -> float:
    """The hottest scope's share behind foreign keys, from the hottest key's share at each step.

    A room's rows all belong to one team: the hottest team has at least the hottest room's share. If the other rooms are
    alike, the team with most rooms has its share of them. Where the two are different teams, the larger share counts;
    where they are one, both add up, though not beyond the part `covered` that has a scope. The geometric middle is at
    most 1.42 times off either.

    >>> round(combine_shares([0.3, 0.2]), 3)  # between 0.3 and 0.44
    0.363
    """
    return math.sqrt(max(shares) * _joined(shares, covered))


def _joined(shares: Sequence[float], covered: float) -> float:
    """The share of all of them together, each taken from what the others leave."""
    return min(covered, 1 - math.prod(1 - share for share in shares))


def _say_combined(shares: Sequence[float], covered: float) -> str:
    return (
        f"so {max(shares):.3g} of all if these are different scopes and {_joined(shares, covered):.3g} if they are one "
        "and the rest is spread evenly; the middle is taken"
    )


def spread_of_key(table: Table, columns: tuple[str, ...]) -> KeySpread:
    """How the table's rows spread over a key, as pg_stats has it; a unique key needs no statistics but the row count.

    Of a key of several columns only an upper bound is known: its most common value is no more common than each part's.

    >>> from realtime_advisor.model import Column, TableName
    >>> team = Column("team_id", "uuid", n_distinct=4, null_fraction=0.2)
    >>> spread_of_key(Table(TableName("public", "posts"), columns=(team,)), ("team_id",))
    KeySpread(hottest=0.2, distinct=4, covered=0.8, at_most=1.0)
    """
    if columns in (table.primary_key, *table.unique_keys) and table.estimated_rows:
        return KeySpread(1 / table.estimated_rows, float(table.estimated_rows))
    parts = [_spread_of_column(table, name) for name in columns]
    if len(parts) == 1:
        return parts[0]
    bounds = [part.hottest for part in parts if part.hottest is not None]
    return KeySpread(None, None, min(part.covered for part in parts), min(bounds, default=1.0))


def _spread_of_column(table: Table, name: str) -> KeySpread:
    column = table.column(name)
    covered = 1 - (column.null_fraction or 0.0)
    if column.n_distinct is None:
        return KeySpread(column.top_frequency, None, covered if column.top_frequency is not None else 1.0)
    distinct = column.n_distinct if column.n_distinct > 0 else -column.n_distinct * (table.estimated_rows or 0)
    if distinct < 1:
        return KeySpread(column.top_frequency, None, covered)
    # Without a most common value all are about equally frequent.
    return KeySpread(covered / distinct if column.top_frequency is None else column.top_frequency, distinct, covered)


def _seen_in_wal(churn: Churn, columns: tuple[str, ...]) -> KeySpread | None:
    rows = _rows_in_wal(churn, columns[0]) if len(columns) == 1 else None
    if rows is None or churn.wal is None or not rows.changes:
        return None
    return KeySpread(rows.hottest / churn.wal.events, float(rows.distinct), rows.changes / churn.wal.events)


def _rows_in_wal(churn: Churn, column: str) -> ScopeRows | None:
    if churn.wal is None or not churn.wal.events:
        return None
    return next((rows for rows in churn.wal.scopes if rows.column == column), None)


def _say_wal(churn: Churn, column: str) -> str:
    rows, wal = _rows_in_wal(churn, column), churn.wal
    if rows is None or wal is None:
        return ""
    silent = wal.events - rows.changes
    without = f"; {silent:,} more tell no {column}" if silent else ""
    return f"exact: {rows.hottest:,} of {wal.events:,} committed row changes have the busiest {column} (WAL){without}"


def _caution(table: Table, churn: Churn) -> str:
    """Where today's writes may well spread otherwise than the stored rows do."""
    rows, events = table.estimated_rows, churn.events
    if churn.basis == "window" and rows and events > rows / 5:
        return f"; {events:,} row changes on {rows:,} stored rows, so today's writes may be spread otherwise"
    if (churn.update_share or 0) > 0.5:
        return "; those are stored rows, and updates may favour some of them"
    return ""


def say_hidden(table: Table, columns: tuple[str, ...], server: Server) -> str:
    """Why pg_stats says nothing of these columns, as far as the catalogue tells, and what would change that."""
    if len(columns) > 1:
        return f"pg_stats tells nothing of {', '.join(columns)} together. Answer hottest_scope_per_minute"
    name, analyse = columns[0], f"run ANALYZE {table.name}"
    if table.estimated_rows is None:
        partitioned = " (autovacuum never does it for a partitioned table)" if table.partitions else ""
        after = (
            "" if server.sees_all_statistics else f", then read as the owner: {server.role} may not see all pg_stats"
        )
        return f"{table.name} was never analysed: {analyse}{partitioned}{after}"
    # A column that is all NULL has a null fraction and nothing else; a hidden table has nothing of any column.
    hidden = all(column.null_fraction is None and column.n_distinct is None for column in table.columns)
    if server.sees_all_statistics or not hidden:
        return f"pg_stats has nothing of {table.name}.{name}, perhaps it holds only NULL: {analyse}"
    if table.row_security:
        role = _quoted(server.role)
        return (
            f"pg_stats of {table.name} is hidden from {server.role}: connect as its owner, or let the role read it and "
            f"pass its row level security: GRANT SELECT ON {table.name} TO {role}; ALTER ROLE {role} BYPASSRLS"
        )
    return f"{server.role} may not read it: GRANT SELECT ON {table.name} TO {_quoted(server.role)}, or {analyse}"


def _quoted(role: str) -> str:
    return role if role.isidentifier() and role == role.lower() else '"' + role.replace('"', '""') + '"'
