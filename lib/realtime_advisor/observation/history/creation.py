"""A history's tables: made where there are none, refused where they are not understood."""

from __future__ import annotations

from sqlalchemy import Connection, insert, inspect, select

from realtime_advisor.errors import HistoryFailed

from .store import Store
from .tables import VERSION, formats, metadata


def ensure_tables(store: Store) -> None:
    """See to it that the store has a history's tables, of the version that this project knows. Raises HistoryFailed."""
    if not has_tables(store):
        with store.writing() as connection:
            if not _has_tables(connection):  # another process may have made them meanwhile
                _require_empty(connection, store)
                metadata.create_all(connection, checkfirst=False)
                connection.execute(insert(formats).values(version=VERSION))
    _require_known_version(store)


def has_tables(store: Store) -> bool:
    """Whether there is a history. Raises HistoryFailed."""
    with store.reading() as connection:
        return _has_tables(connection)


def _has_tables(connection: Connection) -> bool:
    return inspect(connection).has_table(formats.name)


def _require_empty(connection: Connection, store: Store) -> None:
    """A SQLite file that holds something else is left alone; in Postgres a history may live beside other tables."""
    if store.address is None and (others := inspect(connection).get_table_names()):
        raise HistoryFailed(
            f"The file {store.place} holds other tables ({others[0]}) and no history. Name another file with HISTORY."
        )


def _require_known_version(store: Store) -> None:
    with store.reading() as connection:
        version = connection.execute(select(formats.c.version)).scalar()
    if version != VERSION:
        raise HistoryFailed(
            f"The history {store.place} has format {version}, and this version of the project knows format {VERSION}. "
            "Update the project, or name another place with HISTORY."
        )
