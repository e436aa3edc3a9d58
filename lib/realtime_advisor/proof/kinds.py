"""Types of the database's own, made again in the sandbox: enums, domains, composite types, those of extensions.

What cannot be made is a domain over text, with a sentence that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from psycopg.sql import SQL, Identifier, Literal

from realtime_advisor.model import TableName, UserType

from .skeleton import Skeleton, Statement, told_on
from .values import value

_BUILT_IN: Final = re.compile(
    r'([a-z][a-z0-9_]*|"char"|double precision|bit varying|character varying)(\(\d+(,-?\d+)?\))?'
    r"( with(out)? time zone)?(\[\])*\Z"
)
_EXTENSIONS: Final = ("citext", "hstore", "ltree", "cube", "seg")


@dataclass(frozen=True)
class Offered:
    """What a server has by itself: its own types, and extensions that can be created."""

    types: frozenset[str]
    extensions: frozenset[str]


@dataclass
class Kinds:
    """The types that were needed so far: the statements that make them, in order, and what they only imitate.

    `labels` are values of enums and composite types, `bases` what domains are made of, each by the type's name.
    """

    offered: Offered
    known: Mapping[str, UserType]
    statements: list[Statement] = field(default_factory=list)
    substitutes: list[str] = field(default_factory=list)
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)
    _made: set[str] = field(default_factory=set)

    def sql(self, type_name: str) -> Statement:
        """The type as SQL, made before if need be. Nothing of a name is taken as it is unless it is Postgres's own."""
        bare = bare_type(type_name)
        if bare in self.offered.types and _BUILT_IN.match(type_name):
            return SQL(type_name)
        if bare not in self._made:
            self._made.add(bare)
            self._make(bare)
        return SQL("{}{}").format(_identifier(bare), SQL("[]" * type_name.count("[]")))

    def plain(self, type_name: str) -> str:
        """The type whose values a column of this type takes."""
        base = self.bases.get(bare_type(type_name))
        return self.plain(base) + "[]" * type_name.count("[]") if base else type_name

    def _make(self, type_name: str) -> None:
        name, found = TableName.parse(type_name), self.known.get(type_name)
        if found is not None and found.kind == "domain" and found.base:
            self._make_domain(found, found.base)
        elif found is not None and found.kind == "composite" and found.attributes:
            self._make_composite(found)
        elif found is not None and found.labels:
            self._make_enum(type_name, found.labels)
        elif name.name in _EXTENSIONS and name.name in self.offered.extensions:
            extension, schema = Identifier(name.name), Identifier(name.schema)
            self._add(name.schema, SQL("create extension if not exists {} schema {}").format(extension, schema))
        else:
            self._add(name.schema, SQL("create domain {} as text").format(_identifier(type_name)))
            self.substitutes.append(
                f"A domain over text stands for the type {type_name}, which the sandbox does not have."
            )

    def _make_enum(self, type_name: str, labels: tuple[str, ...]) -> None:
        self.labels[type_name] = labels
        listed = SQL(", ").join(map(Literal, labels))
        name = TableName.parse(type_name)
        self._add(name.schema, SQL("create type {} as enum ({})").format(_identifier(type_name), listed))

    def _make_domain(self, found: UserType, base: str) -> None:
        made = self.sql(base)
        self.bases[found.name] = base
        schema = TableName.parse(found.name).schema
        self._add(schema, SQL("create domain {} as {}").format(_identifier(found.name), made))
        if found.checked:
            self.substitutes.append(f"The domain {found.name} is made without its checks.")

    def _make_composite(self, found: UserType) -> None:
        attributes = [
            SQL("{} {}").format(Identifier(name), self.sql(type_name)) for name, type_name in found.attributes
        ]
        plain = [self.plain(type_name) for _, type_name in found.attributes]
        self.labels[found.name] = tuple(
            _row(value(type_name, number, self.labels) for type_name in plain) for number in range(1, 6)
        )
        schema = TableName.parse(found.name).schema
        listed = SQL(", ").join(attributes)
        self._add(schema, SQL("create type {} as ({})").format(_identifier(found.name), listed))

    def _add(self, schema: str, statement: Statement) -> None:
        home = Identifier(schema)
        self.statements.append(SQL("create schema if not exists {}").format(home))
        self.statements.append(SQL("grant usage on schema {} to public").format(home))
        self.statements.append(statement)


def kinds_for(skeleton: Skeleton, types: Iterable[UserType], offered: Offered) -> Kinds:
    """The types of a skeleton's columns; an enum that the catalogue does not have gets the labels of conditions."""
    known = {one.name: one for one in types}
    guessed = {name: labels for name, labels in _conditioned(skeleton) if name not in known}
    known |= {name: UserType(name, "enum", labels) for name, labels in guessed.items()}
    made = Kinds(offered, known)
    made.substitutes += [
        f"The type {name} is an enum of the labels that the members' condition names, and one other."
        for name in guessed
        if name not in offered.types
    ]
    return made


def bare_type(type_name: str) -> str:
    """The type without its length and brackets.

    >>> bare_type("character varying(20)[]")
    'character varying'
    """
    return re.sub(r"\(.*?\)|\[\]", "", type_name)


def _identifier(type_name: str) -> Identifier:
    name = TableName.parse(type_name)
    return Identifier(name.schema, name.name)


def _row(texts: Iterable[str]) -> str:
    """The values of a composite type, as Postgres reads them."""
    return "(" + ",".join('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts) + ")"


def _conditioned(skeleton: Skeleton) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The types of columns that conditions on memberships compare, each with the values and one other."""
    for emission in told_on(skeleton.design):
        entitlement = emission.scope.entitlement
        for condition in entitlement.conditions if entitlement else ():
            if condition.test == "in" and entitlement and entitlement.membership:
                column = skeleton.tables[entitlement.membership].column(condition.column)
                yield bare_type(column.type), (*condition.values, "another label")
