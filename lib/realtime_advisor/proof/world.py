"""Rows made to fit a skeleton: several tenants, users in none, one and two, and memberships that do not count.

The rows come in slices: row i of a table refers to row i of its parents, so a slice is one tenant (or user, or thread)
with all that hangs on it. No two families of keys share a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from realtime_advisor.model import Column, Condition, Entitlement, Table, TableName

from .links import Place, dependents, links, loose_columns, memberships, reaches_further, scope_columns, user_columns
from .skeleton import Skeleton, enforced_keys, writable
from .values import another, keys, value

Row = Mapping[str, str | None]

PEOPLED = 6  # slices with a member
TWO = PEOPLED  # the person who is in slices 0 and 1
STRANGER = PEOPLED + 1
_FIRST_FAILING = PEOPLED + 2
_SPARE = 10
_FRESH = 1_000  # where the numbers of rows begin that checks insert
_FURTHER = 12_000
_TRIES = 4  # to find a row whose key is not taken yet: a key of a boolean has not many


@dataclass(frozen=True)
class Person:
    """A signed-in user: what the user is, and the `sub` of the user's token."""

    name: str
    sub: str


@dataclass
class World:
    """All rows of the skeleton, and how to make more.

    `first` is where the numbers of its values and keys begin, so that they meet nobody else's.
    """

    skeleton: Skeleton
    labels: Mapping[str, tuple[str, ...]]
    first: int = 0
    hostile: bool = True  # whether the first keys of a text's family are such as deceive a careless comparison
    rows: dict[TableName, list[Row]] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    bound: set[Place] = field(default_factory=set)  # columns that refer to another: their slice decides their value
    # Columns that refer to a row of the first slices; in further ones they are NULL, or refer to their own row.
    loose: set[Place] = field(default_factory=set)
    _families: dict[Place, Place] = field(default_factory=dict)
    _keys: dict[Place, list[str]] = field(default_factory=dict)
    _fresh: int = 0

    @property
    def slices(self) -> int:
        return len(self.people) + PEOPLED + _SPARE

    def key(self, place: Place, number: int) -> str:
        """The number-th key of the family that a column belongs to."""
        family = self._families.get(place, place)
        made = self._keys.setdefault(family, [])
        if number >= len(made):
            column = self.skeleton.tables[family[0]].column(family[1])
            position = sorted(set(self._families.values())).index(family)
            wanted = max(number + 1, 2 * len(made), 64)
            family_keys = keys(column.type, self.first + position, self.labels, hostile=self.hostile)
            self._keys[family] = made = list(islice(family_keys, wanted))
        return made[number]

    def make(self, table: TableName, number: int, slice_: int) -> Row:
        """A row whose own key is the number-th, and whose references lead into a slice."""
        row: dict[str, str | None] = {}
        found = self.skeleton.tables[table]
        for column in writable(found):
            place = (table, column.name)
            if place in self.loose and slice_ >= PEOPLED:
                row[column.name] = self.key(place, number) if column.not_null else None
            elif place in self._families:
                row[column.name] = self.key(place, slice_ if place in self.bound else number)
            else:
                row[column.name] = value(column.type, self.first + number, self.labels)
        return row

    @property
    def is_one_to_one(self) -> bool:
        """Whether a slice can have only one row of the design's own table."""
        return any(not self._own_part(key) for key in self._keys_of_own())

    def fresh(self, slice_: int = 0) -> Row:
        """A new row of the design's own table, in that slice; in one of its own where a slice can have no second."""
        own = self.skeleton.own
        for _ in range(_TRIES):
            self._fresh += 1
            place = PEOPLED + self._fresh % (self.slices - PEOPLED) if self.is_one_to_one else slice_
            row = self.make(own.name, _FRESH + self._fresh, place)
            if not self.is_taken(row):
                break
        return row

    def is_taken(self, row: Row) -> bool:
        """Whether a row of the design's own table has one of this row's keys."""
        there = self.rows[self.skeleton.own.name]
        return any(
            row[key[0]] == old[key[0]] and all(row[name] == old[name] for name in key)
            for key in self._keys_of_own()
            for old in there
        )

    def scattered(self, count: int) -> list[Row]:
        """So many new rows, each in a slice of its own as far as there are enough."""
        reach = self.slices if reaches_further(self.skeleton) else PEOPLED
        return [self.fresh(number % reach) for number in range(count)]

    def many(self, count: int) -> list[Row]:
        """So many new rows in the first three slices, which differ in their own key only."""
        free = [column for key in self._keys_of_own() for column in self._own_part(key)]
        bases = [self.fresh(slice_) for slice_ in range(3)]
        self._fresh += count
        return [
            {**bases[number % 3], **{column.name: self._own_value(column, self._fresh - number) for column in free}}
            for number in range(count)
        ]

    def _keys_of_own(self) -> list[tuple[str, ...]]:
        own = self.skeleton.own
        others = [columns for name, columns in enforced_keys(self.skeleton) if name == own.name]
        return [own.primary_key, *others] if own.primary_key else others

    def _own_part(self, key: tuple[str, ...]) -> list[Column]:
        """The columns of a key of the design's own table that no slice decides."""
        own = self.skeleton.own
        return [own.column(name) for name in key if (own.name, name) not in self.bound]

    def _own_value(self, column: Column, number: int) -> str:
        place = (self.skeleton.own.name, column.name)
        if place in self._families:
            return self.key(place, _FRESH + number)
        return value(column.type, _FRESH + number, self.labels)

    def further(self, slices: int) -> tuple[dict[TableName, list[Row]], list[Row]]:
        """Rows of so many further slices: of all that the design's own table refers to, and one of its own in each."""
        own = self.skeleton.design.table
        parents = [name for name in self.skeleton.tables if name not in dependents(self.skeleton)]
        members = memberships(self.skeleton)
        numbers = range(self.slices, self.slices + slices)
        made = {name: [self.make(name, at, at) for at in numbers] for name in parents if name not in members}
        return made, [self.make(own, _FURTHER + at, at) for at in numbers]


def build_world(
    skeleton: Skeleton, labels: Mapping[str, tuple[str, ...]], first: int = 0, *, hostile: bool = True
) -> World:
    """The rows of a skeleton, and the people who might want to join."""
    world = World(skeleton, labels, first, hostile)
    _link(world)
    _people(world)
    members = memberships(skeleton)
    later = dependents(skeleton)
    for name in skeleton.tables:
        if name not in members:
            limit = PEOPLED if name in later else world.slices
            world.rows[name] = [world.make(name, number, number) for number in range(limit)]
    for name, entitlement in members.items():
        world.rows[name] = list(_membership_rows(world, entitlement))
    return world


# ---------------------------------------------------------------- which columns hold the same keys


def _link(world: World) -> None:
    for child, parent in links(world.skeleton):
        world.bound.add(child)
        _join(world, child, parent)
    for place in scope_columns(world.skeleton):
        world.bound.add(place)
        _join(world, place, place)
    world.loose |= set(loose_columns(world.skeleton))
    for place in user_columns(world.skeleton):
        for other in user_columns(world.skeleton):
            _join(world, place, other)
    for table in world.skeleton.tables.values():
        for name in table.primary_key:
            _join(world, (table.name, name), (table.name, name))


def _join(world: World, one: Place, other: Place) -> None:
    families = world._families
    keep, drop = families.get(one, one), families.get(other, other)
    families[one] = families[other] = keep
    for place, family in families.items():
        if family == drop:
            families[place] = keep


# ---------------------------------------------------------------- people and their memberships


def _people(world: World) -> None:
    one_each = any(_has_one_each(world, each) for each in memberships(world.skeleton).values())
    names = [f"member of slice {number}" for number in range(PEOPLED)]
    names += ["another member" if one_each else "member of two", "stranger"]
    names += [why for why, _, _ in _failing(world)]
    places = user_columns(world.skeleton)
    world.people = [Person(name, world.key(places[0], number)) for number, name in enumerate(names)]


def _membership_rows(world: World, entitlement: Entitlement) -> Iterator[Row]:
    membership = entitlement.membership
    assert membership is not None
    pairs = [(number, number) for number in range(PEOPLED)] + [(0, TWO), (1, TWO)]
    if _has_one_each(world, entitlement):
        pairs.pop()
    for number, (slice_, person) in enumerate(pairs):
        yield _member(world, entitlement, number, slice_, person) | _counting(world, entitlement)
    for position, (_, column, text) in enumerate(_failing(world)):
        person = _FIRST_FAILING + position
        row = _member(world, entitlement, len(pairs) + position, 0, person) | _counting(world, entitlement)
        if column in row:
            yield row | {column: text}


def _has_one_each(world: World, entitlement: Entitlement) -> bool:
    """Whether a user has one row at most, and so cannot be a member of two."""
    assert entitlement.membership is not None
    table = world.skeleton.tables[entitlement.membership]
    return (entitlement.user_column,) in (table.primary_key, *table.unique_keys)


def _member(world: World, entitlement: Entitlement, number: int, slice_: int, person: int) -> dict[str, str | None]:
    assert entitlement.membership is not None
    assert entitlement.user_column is not None
    row = dict(world.make(entitlement.membership, number, slice_))
    login = entitlement.login  # the user's own row, which is the one of that number, and holds the sub
    known_by = world.key((login.references, login.referenced_columns[0]), person) if login else world.people[person].sub
    row[entitlement.user_column] = known_by
    return row


def _counting(world: World, entitlement: Entitlement) -> dict[str, str | None]:
    """What makes a row count."""
    assert entitlement.membership is not None
    table = world.skeleton.tables[entitlement.membership]
    return {condition.column: _passing(table, condition, world.labels) for condition in entitlement.conditions}


def _passing(table: Table, condition: Condition, labels: Mapping[str, tuple[str, ...]]) -> str | None:
    return {
        "in": condition.values[0] if condition.values else None,
        "null": None,
        "not null": value(table.column(condition.column).type, 1, labels),
        "true": "true",
        "false": "false",
        "past": "2000-01-01 00:00:00+00",
        "future": "2100-01-01 00:00:00+00",
    }[condition.test]


def _failing(world: World) -> list[tuple[str, str, str | None]]:
    """Each way in which a membership does not count: what it is, the column and its value."""
    found: dict[tuple[str, str | None], str] = {}
    for entitlement in memberships(world.skeleton).values():
        assert entitlement.membership is not None
        table = world.skeleton.tables[entitlement.membership]
        for condition in entitlement.conditions:
            column = table.column(condition.column)
            for text in _refused(table, condition, world.labels):
                if text is not None or not column.not_null:
                    found[condition.column, text] = f"member whose {condition.column} is {text or 'null'}"
    return [(why, column, text) for (column, text), why in found.items()]


def _refused(table: Table, condition: Condition, labels: Mapping[str, tuple[str, ...]]) -> Iterator[str | None]:
    column = table.column(condition.column)
    if condition.test == "in":
        candidates = (another(column, taken, labels) for taken in (None, *condition.values))
        yield from dict.fromkeys(text for text in candidates if text is not None and text not in condition.values)
    elif condition.test == "null":
        yield value(column.type, 1, labels)
    elif condition.test in ("true", "false"):
        yield "false" if condition.test == "true" else "true"
    elif condition.test in ("past", "future"):
        yield "2100-01-01 00:00:00+00" if condition.test == "past" else "2000-01-01 00:00:00+00"
    if condition.test != "null":
        yield None
