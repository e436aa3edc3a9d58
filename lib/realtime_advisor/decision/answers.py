"""What the architect says of the tables: from a notebook or from `answers.toml`, which people edit by hand.

A program that writes the file keeps its comments and its order.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Container, Mapping
from typing import Any, Final

import tomlkit
from tomlkit.items import AbstractTable, Item

from realtime_advisor.errors import BadInput, UnknownTable
from realtime_advisor.model import ByTable, Catalog, TableName

from .answer import QUESTIONS, SETTINGS, TableAnswers, check_answers

FILE: Final = "answers.toml"

Answers = Mapping[str, Mapping[str, object]]

# A heading, with the lines of comment directly above it.
_HEADING: Final = re.compile(r"(?:^[ \t]*#[^\n]*\n)*(?P<heading>^[ \t]*\[[^\n]*)", re.MULTILINE)


def read_answers(answers: Answers | None, catalog: Catalog) -> ByTable[TableAnswers]:
    """The answers by table. Raises UnknownTable or BadInput, naming what can be said."""
    read: dict[TableName, TableAnswers] = {}
    for name, given in (answers or {}).items():
        table = _table(name, catalog)
        if table in read:
            raise BadInput(f"The answers name {table} twice. Put what they say under one name.")
        read[table] = check_answers(name, given)
    return ByTable(read)


def _table(name: str, catalog: Catalog) -> TableName:
    try:
        return catalog[name].name
    except (KeyError, ValueError):
        raise UnknownTable(
            f"The answers name {name}, which the database does not have. Check its schema and spelling."
        ) from None


def leave_out_unknown(given: Answers, catalog: Catalog) -> tuple[Answers, tuple[str, ...]]:
    """The answers for tables that are there. A file outlives tables, so the others are told and stop no report."""
    known: Container[object] = catalog.tables
    gone = [name for name in given if name not in known]
    notes = tuple(f"The answers name {name}, which the database does not have: they were left out." for name in gone)
    return {name: said for name, said in given.items() if name not in gone}, notes


def parse_answers(text: str, file: str = FILE) -> Answers:
    """The answers of a file such as answers.toml, by the tables' full names. Raises BadInput, naming file and place.

    Short and long form may stand side by side; whether the database has the tables is not looked at.

    >>> parse_answers('''
    ... ["public.orders"]
    ... user_facing = true
    ... subscriptions = { answer = 40, reason = "one screen a kitchen", by = "Ada" }
    ... ''')["public.orders"]["user_facing"]
    True
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{file} is no valid TOML: {error}. Mend that line.") from None
    answers: dict[str, Mapping[str, object]] = {}
    for heading, given in found.items():
        name = str(_name(heading, given, file))
        if name in answers:
            raise BadInput(f"{file} names {name} twice. Put what it says under one heading.")
        try:
            check_answers(name, given)
        except BadInput as error:
            raise BadInput(f"{file}: {error}") from None
        answers[name] = given
    return answers


def _name(heading: str, given: Any, file: str) -> TableName:
    if heading in QUESTIONS or heading in SETTINGS or not isinstance(given, Mapping):
        raise BadInput(f'{file} says {heading} of no table. Put it below a heading such as ["public.orders"].')
    for inner, value in given.items():
        if isinstance(value, Mapping) and inner not in QUESTIONS and inner not in SETTINGS:
            meant = TableName(heading, inner)
            raise BadInput(f"The heading of {meant} in {file} lacks its quotes. Write [{_quoted(str(meant))}].")
    try:
        return TableName.parse(heading)
    except ValueError as error:
        raise BadInput(f"The heading {heading!r} in {file} names no table: {error}.") from None


def _quoted(name: str) -> str:
    return tomlkit.string(name).as_string()


def write_answers(text: str, table: TableName | str, answers: Mapping[str, object]) -> str:
    """The text with these answers for a table; what else it says, its comments and its order stay as they are.

    An answer of None is taken out. A table that is new comes before the first whose name is greater, so that what two
    people add to a file in a repository seldom meets on one line. Raises BadInput for a text that parse_answers
    refuses, and for answers that it would refuse.
    """
    parse_answers(text)
    name = TableName.parse(table) if isinstance(table, str) else table
    check_answers(str(name), {key: value for key, value in answers.items() if value is not None})
    document = tomlkit.parse(text)
    heading = next((key for key in document if TableName.parse(key) == name), None)
    if heading is None:
        return _insert(text, name, answers)
    _update(document[heading], answers)
    return document.as_string()


def _update(entry: Any, answers: Mapping[str, object]) -> None:
    """The entry with these answers; comments below its last key, which speak of the next table, stay below."""
    body = entry.value.body if isinstance(entry, AbstractTable) else []
    below = []
    while body and body[-1][0] is None:
        below.append(body.pop())
    for key, value in answers.items():
        if value is None:
            entry.pop(key, None)
        else:
            entry[key] = _item(value)
    body.extend(reversed(below))


def _insert(text: str, name: TableName, answers: Mapping[str, object]) -> str:
    """The new table in its place, a line apart from what is before and behind."""
    table = tomlkit.table()
    for key, value in sorted(answers.items()):
        if value is not None:
            table[key] = _item(value)
    added = tomlkit.document()
    added[str(name)] = table
    place = _place(text, name)
    before, behind = text[:place], text[place:]
    if before and not before.endswith("\n"):
        before += "\n"
    if before and not before.endswith("\n\n"):
        before += "\n"
    return f"{before}{added.as_string()}" + (f"\n{behind}" if behind else "")


def _place(text: str, name: TableName) -> int:
    """Where the first heading of a greater name begins, with the comment above it that is its own; else the end."""
    for found in _HEADING.finditer(text):
        start, heading = found.start(), found.start("heading")
        if _begins_something(text[:heading]) and _names_greater(found["heading"], name):
            return start if start and _begins_something(text[:start]) else heading
    return len(text)


def _names_greater(heading: str, name: TableName) -> bool:
    try:
        (key,) = tomllib.loads(heading)
        return TableName.parse(key) > name
    except ValueError:
        return False


def _begins_something(before: str) -> bool:
    """Whether what follows stands by itself, and is not within words of several lines."""
    try:
        tomllib.loads(before)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _item(value: Any) -> Item:
    if not isinstance(value, Mapping):
        item: Item = tomlkit.item(value)
        return item
    inline = tomlkit.inline_table()
    inline.update({key: part for key, part in value.items() if part is not None})
    return inline
