"""A history: opened, read and written through a few verbs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Row, case, func, select

from realtime_advisor.errors import BadInput, HistoryFailed
from realtime_advisor.model import (
    Catalog,
    DatabaseIdentity,
    Extent,
    Happening,
    RecordedDecisions,
    Sampling,
    Setup,
    Snapshot,
    TableName,
    WritingStatements,
)

from .ageing import drop_older
from .creation import ensure_tables, has_tables
from .documents import read_document, write_document
from .recorder import Recorder
from .replay import replay, stream
from .store import Store, open_store
from .tables import add, databases, documents, dump, happenings, relations, samplings, segments, snapshots

KEEP_DAYS: Final = 30.0
FINISHED: Final = "finished"
_LOOKED: Final = "looked"  # beside the happenings, of which it is none
Database = DatabaseIdentity | str | None
T = TypeVar("T")


@dataclass(frozen=True, repr=False, eq=False)
class History:
    """Readings, catalogues and decisions of one or more databases; nothing in it is ever changed.

    `database` is a DatabaseIdentity, its key or its name; None is the only one there is. Everything raises
    HistoryFailed where the store fails, and BadInput where the history has no such thing.
    """

    place: str  # where it is, fit to be shown
    folder: Path  # where the files beside it belong
    keep_days: float
    _store: Store = field(repr=False)

    def __repr__(self) -> str:
        return f"History({self.place})"

    def databases(self) -> tuple[DatabaseIdentity, ...]:
        """The databases that were recorded, the first first."""
        with self._store.reading() as connection:
            rows = connection.execute(select(databases).order_by(databases.c.id))
            return tuple(DatabaseIdentity(row.key, row.name) for row in rows)

    def database(self, wanted: Database = None) -> DatabaseIdentity:
        """The database that is meant. Raises BadInput, naming those there are."""
        there = self.databases()
        if not there:
            raise BadInput(f"Nothing is recorded in the history {self.place} yet. Record a database with make sample.")
        meant = [entry for entry in there if wanted is None or entry == wanted or wanted in (entry.key, entry.name)]
        if len(meant) == 1:
            return meant[0]
        names = ", ".join(map(str, meant or there))
        if meant:
            raise BadInput(f"The history {self.place} holds several such databases: {names}. Name one by its key.")
        raise BadInput(f"The history {self.place} does not hold the database {wanted}. It holds {names}.")

    def samplings(self, database: Database = None) -> tuple[Sampling, ...]:
        """The samplings of a database, the latest last."""
        meant = self.database(database)
        query = select(samplings).join(databases).where(databases.c.key == meant.key).order_by(samplings.c.id)
        with self._store.reading() as connection:
            rows = connection.execute(query)
            return tuple(Sampling(row.id, meant, row.began, row.seconds, row.interval) for row in rows)

    def snapshots(
        self,
        database: Database = None,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        sampling: Sampling | None = None,
    ) -> Iterator[Snapshot]:
        """The readings of a database, or of one sampling, one at a time, in the order in which they were taken.

        A day of readings never sits in memory at once: each shares with the one before what did not change.
        """
        meant = self.database(sampling.database if sampling else database)
        with self._store.reading() as connection:
            number = connection.execute(select(databases.c.id).where(databases.c.key == meant.key)).scalar_one()
            yield from replay(connection, number, sampling.id if sampling else None, since, until)

    def catalog(self, database: Database = None) -> Catalog:
        """The latest catalogue of a database. Raises BadInput where none was recorded."""
        meant = self.database(database)
        for row in self._latest_first("catalog", meant):
            return read_document(row.document, Catalog)
        raise BadInput(f"The history {self.place} holds no catalogue of {meant}. Record it again with make sample.")

    def setup(self, database: Database = None) -> Setup | None:
        """What was set up beside the tables at the last look; None where nobody looked."""
        return self._latest("setup", database, Setup)

    def statements(self, database: Database = None) -> WritingStatements | None:
        """Rows per writing statement as of the last look; None where they could not be read."""
        return self._latest("statements", database, WritingStatements)

    def decisions(self, database: Database = None) -> Iterator[RecordedDecisions]:
        """What was decided about a database, the latest first."""
        for row in self._latest_first("decisions", self.database(database)):
            yield RecordedDecisions(row.recorded_at, row.document)

    def happenings(self, sampling: Sampling) -> tuple[Happening, ...]:
        """What befell a sampling, in the order of its happening."""
        mine = (happenings.c.sampling_id == sampling.id, happenings.c.kind != _LOOKED)
        query = select(happenings).where(*mine).order_by(happenings.c.id)
        with self._store.reading() as connection:
            return tuple(Happening(row.recorded_at, row.kind, row.detail) for row in connection.execute(query))

    def last_look(self, database: Database = None) -> tuple[int, datetime] | None:
        """When the latest catalogue was read, by the database's clock, and in which sampling; None: nobody noted it."""
        meant = self.database(database)
        looks = select(happenings.c.sampling_id, happenings.c.detail).join_from(happenings, samplings).join(databases)
        query = looks.where(databases.c.key == meant.key, happenings.c.kind == _LOOKED)
        with self._store.reading() as connection:
            row = connection.execute(query.order_by(happenings.c.id.desc()).limit(1)).one_or_none()
        return (row.sampling_id, datetime.fromisoformat(row.detail)) if row else None

    def names(self, database: Database = None) -> Mapping[int, tuple[TableName, ...]]:
        """What each table was called in the readings, by oid, its first name first."""
        meant = self.database(database)
        query = select(relations).join(databases).where(databases.c.key == meant.key).order_by(relations.c.id)
        found: dict[int, tuple[TableName, ...]] = {}
        with self._store.reading() as connection:
            for row in connection.execute(query):
                found[row.relid] = (*found.get(row.relid, ()), TableName(row.schema, row.name))
        return found

    def extents(self, database: Database = None) -> tuple[Extent, ...]:
        """The samplings of a database that have a reading, the latest last. Raises BadInput where there is none."""
        meant = self.database(database)
        counts = case((~snapshots.c.in_recovery & snapshots.c.track_counts, snapshots.c.taken_at))
        found = (
            select(
                segments.c.sampling_id, func.count(), func.max(snapshots.c.taken_at), func.min(counts), func.max(counts)
            )
            .join_from(snapshots, segments)
            .group_by(segments.c.sampling_id)
        )
        with self._store.reading() as connection:
            there = {number: told for number, *told in connection.execute(found)}
        samplings_of = (each for each in self.samplings(meant) if each.id in there)
        extents = tuple(_extent(each, *there[each.id]) for each in samplings_of)
        if not extents:
            raise BadInput(f"The history {self.place} holds no reading. Record some with make sample.")
        return extents

    def progress(self, sampling: Sampling) -> tuple[int, datetime | None]:
        """How many readings a sampling has, and the time of the last one."""
        counted = select(func.count(), func.max(snapshots.c.taken_at)).join_from(snapshots, segments)
        with self._store.reading() as connection:
            count, last = connection.execute(counted.where(segments.c.sampling_id == sampling.id)).one()
            return count, last

    def find_unfinished(self, database: DatabaseIdentity) -> Sampling | None:
        """The latest sampling of a database, if nobody has finished it."""
        if database not in self.databases():
            return None
        latest = self.samplings(database)[-1:]
        return next((s for s in latest if all(entry.kind != FINISHED for entry in self.happenings(s))), None)

    def begin_sampling(self, database: DatabaseIdentity, began: datetime, seconds: float, interval: float) -> Sampling:
        """A new sampling of a database."""
        plan = {"began": began, "seconds": seconds, "interval": interval, "recorded_at": datetime.now(UTC)}
        with self._store.writing() as connection:
            number = add(connection, samplings, {**plan, "database_id": _number(connection, database)})
        return Sampling(number, database, began, seconds, interval)

    def open_recorder(self, sampling: Sampling) -> Recorder:
        """What writes down the readings of a sampling; more than one process may have one."""
        with self._store.writing() as connection:
            return Recorder(self._store, sampling, _number(connection, sampling.database))

    def note(self, sampling: Sampling, kind: str, detail: str = "") -> None:
        """Write down a happening."""
        with self._store.writing() as connection:
            row = {"sampling_id": sampling.id, "recorded_at": datetime.now(UTC), "kind": kind, "detail": detail}
            add(connection, happenings, row)

    def note_look(self, sampling: Sampling, moment: datetime) -> None:
        """Write down that the catalogue was read at that moment of the database's clock, changed or not."""
        self.note(sampling, _LOOKED, moment.isoformat())

    def keep_catalog(self, database: DatabaseIdentity, catalog: Catalog) -> bool:
        """Write down a catalogue, unless the latest one is the same; whether it was written."""
        return self._keep_document("catalog", database, write_document(catalog), again=False)

    def keep_setup(self, database: DatabaseIdentity, setup: Setup) -> bool:
        """Write down what is set up beside the tables, unless nothing has changed; whether it was written."""
        return self._keep_document("setup", database, write_document(setup), again=False)

    def keep_statements(self, database: DatabaseIdentity, statements: WritingStatements) -> bool:
        """Write down rows per writing statement, unless none has run since; whether they were written."""
        return self._keep_document("statements", database, write_document(statements), again=False)

    def keep_decisions(self, database: DatabaseIdentity, document: Any) -> None:
        """Write down what was decided, as the JSON values that decisions.json holds."""
        self._keep_document("decisions", database, document, again=True)

    def age_out(self, now: datetime | None = None) -> int:
        """Drop what is older than `keep_days`; the number of readings dropped. A SQLite file reuses the room."""
        with self._store.writing() as connection:
            return drop_older(connection, (now or datetime.now(UTC)) - timedelta(days=self.keep_days))

    def _keep_document(self, kind: str, database: DatabaseIdentity, document: Any, *, again: bool) -> bool:
        digest = sha256(dump(document).encode()).hexdigest()
        with self._store.writing() as connection:
            number = _number(connection, database)
            mine = select(documents.c.hash).where(documents.c.database_id == number, documents.c.kind == kind)
            if not again and connection.execute(mine.order_by(documents.c.id.desc()).limit(1)).scalar() == digest:
                return False
            row = {"database_id": number, "recorded_at": datetime.now(UTC), "kind": kind, "hash": digest}
            add(connection, documents, {**row, "document": document})
            return True

    def _latest(self, kind: str, database: Database, noun: type[T]) -> T | None:
        for row in self._latest_first(kind, self.database(database)):
            return read_document(row.document, noun)
        return None

    def _latest_first(self, kind: str, database: DatabaseIdentity) -> Iterator[Row[Any]]:
        mine = select(documents).join(databases).where(databases.c.key == database.key, documents.c.kind == kind)
        with self._store.reading() as connection:
            yield from stream(connection, mine.order_by(documents.c.id.desc()), at_once=1)


def _extent(sampling: Sampling, readings: int, last: datetime, first_counted: Any, last_counted: Any) -> Extent:
    seconds = (last_counted - first_counted).total_seconds() if first_counted and last_counted else 0.0
    return Extent(sampling, readings, last, seconds)


def open_history(where: str | Path = "history", *, keep_days: float = KEEP_DAYS, create: bool = True) -> History:
    """The history in a folder (its `history.sqlite`), in a SQLite file, or in the Postgres that a URL names.

    What is missing is made, unless `create` is False. The files beside a history in Postgres belong into ./history/.
    Raises HistoryFailed, with a sentence that never holds the password, and BadInput for days that are none.
    """
    if not 0 < keep_days < float("inf"):
        raise BadInput(f"KEEP_DAYS is {keep_days:g}; it says for how many days readings are kept: a number above 0.")
    store = open_store(where, create=create)
    if not create and not has_tables(store):
        raise HistoryFailed(f"There is no history in {store.place}. Record one with make sample, or correct HISTORY.")
    ensure_tables(store)
    return History(store.place, store.folder, keep_days, store)


def _number(connection: Connection, database: DatabaseIdentity) -> int:
    """The number of a database, which is given one if it has none. A renamed database keeps the name it had first."""
    found = connection.execute(select(databases.c.id).where(databases.c.key == database.key)).scalar()
    if found is None:
        return add(connection, databases, {"key": database.key, "name": database.name})
    number: int = found
    return number
