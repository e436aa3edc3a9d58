"""Which column holds the JWT's `sub`, as the architect says it of a users table, checked against the catalogue.

A `sub` is whatever whoever issues the tokens calls a user. No catalogue knows that, and a wrong guess would let one
user listen to another, so nothing is derived here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from realtime_advisor.errors import BadInput
from realtime_advisor.model import ByTable, Catalog, RelationKind, Table, TableName

from .answer import Answer, TableAnswers

ANSWER: Final = "token_subject"
_KINDS: Final = (RelationKind.TABLE, RelationKind.PARTITIONED)
_COMPARED: Final = re.compile(r"(uuid|smallint|integer|bigint|text|character varying(\(\d+\))?)\Z")


@dataclass(frozen=True, slots=True)
class NamedSubject:
    """The column that holds the JWT's `sub`, and how that was answered."""

    column: str
    said: Answer


Subjects = Mapping[TableName, NamedSubject]


def read_subject(name: TableName, answers: TableAnswers, catalog: Catalog) -> NamedSubject | None:
    """What was answered of one table. Raises BadInput where a `sub` could stand for no user, or for another one."""
    said = answers.given.get(ANSWER)
    if said is None:
        return None
    table, column = catalog[name], str(said.value)
    why_not = _why_not(table, column) or _why_not_one(table, column, catalog)
    if why_not:
        raise BadInput(f"The answer {ANSWER!r} for {name} is {column!r}, {why_not}")
    return NamedSubject(column, said)


def require_one_each(subjects: Subjects, catalog: Catalog) -> None:
    """Raises BadInput where the `sub` is said to be of unrelated tables: one sub could be a user of each.

    Uuids are the exception: nobody is given another's.
    """
    same = {name: _same_user(name, subjects, catalog) for name in subjects}
    uuids = {name for name, subject in subjects.items() if catalog[name].column(subject.column).type == "uuid"}
    for one, other in combinations(sorted(subjects, key=str), 2):
        if not {one, other} <= uuids and not same[one] & same[other]:
            first, second = (f"{name}.{subjects[name].column}" for name in (one, other))
            raise BadInput(
                f"The answers say that the JWT's sub is {first} and {second}, of tables that no foreign key relates by "
                f"it: one sub could be two users. Answer {ANSWER} for the table by whose key the tokens are issued."
            )


def _same_user(name: TableName, subjects: Subjects, catalog: Catalog) -> set[TableName]:
    """The table, and those whose column its own column is a key of, from one to the next: each names the same user."""
    found, waiting = {name}, [name]
    while waiting:
        here = waiting.pop()
        for key in catalog[here].foreign_keys:
            named = subjects.get(key.references)
            is_sub = key.columns == (subjects[here].column,) and named and key.referenced_columns == (named.column,)
            if is_sub and key.references not in found:
                found.add(key.references)
                waiting.append(key.references)
    return found


def _why_not(table: Table, column: str) -> str | None:
    if table.kind not in _KINDS:
        return f"of a {table.kind.value}. Answer it for the table that has a row for each user."
    found = next((each for each in table.columns if each.name == column), None)
    if found is None:
        return (
            "which is no column of it. Name the column that holds the JWT's sub; there are "
            f"{', '.join(each.name for each in table.columns)}."
        )
    if not _COMPARED.match(found.type):
        return (
            f"of the type {found.type}, which a sub is not compared with exactly. Name a column of uuid, text, "
            "character varying or an integer type."
        )
    if found.lenient:
        return (
            "whose collation is nondeterministic: texts that differ are equal, so one user's sub could pass for "
            "another's. Give it a deterministic collation, or name another column."
        )
    return None


def _why_not_one(table: Table, column: str, catalog: Catalog) -> str | None:
    """Why a `sub` may find several rows."""
    children = [child.name for child in catalog if table.name in child.inherits]
    if children:
        return (
            f"which {children[0]} inherits without its unique key, so one sub could be two users. Name another table."
        )
    if (column,) not in (table.primary_key, *table.unique_keys):
        return (
            "which no unique key has to itself, so one sub could be two users. Add a unique constraint, or name "
            "another column."
        )
    return None


def subjects_of(answers: ByTable[TableAnswers], catalog: Catalog) -> Subjects:
    """What was answered of all tables. Raises BadInput."""
    read = {name: read_subject(name, entry, catalog) for name, entry in answers.items()}
    found = {name: subject for name, subject in read.items() if subject is not None}
    require_one_each(found, catalog)
    return found
