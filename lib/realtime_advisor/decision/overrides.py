"""What the architect says of scopes and memberships, checked against the catalogue."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from realtime_advisor.errors import BadInput
from realtime_advisor.model import ByTable, Catalog, Condition, ForeignKey, Hop, RelationKind, Table, TableName

from .answer import Answer, TableAnswers
from .row_tests import each_row_test, typed, why_not_of
from .subjects import ANSWER, NamedSubject, subjects_of

_STEP: Final = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^".\s][^".]*))\s*')
_COMMENT: Final = re.compile(r"--|/\*")  # which would hide a test
_KINDS: Final = (RelationKind.TABLE, RelationKind.PARTITIONED)


@dataclass(frozen=True, slots=True)
class NamedScope:
    """The column that holds the scope's key, at the end of a path of foreign keys; `said` is how that was answered."""

    path: tuple[Hop, ...]
    column: str
    said: Answer


@dataclass(frozen=True, slots=True)
class NamedMembers:
    """The table whose rows make members."""

    table: TableName
    said: Answer


@dataclass(frozen=True, slots=True)
class RowsThatCount:
    """What must hold of a membership's row for it to make a member."""

    conditions: tuple[Condition, ...]
    said: Answer


@dataclass(frozen=True, slots=True)
class Override:
    """What was said of one table. `when` is words until it is known of which membership's rows they speak."""

    scope: NamedScope | None = None
    members: NamedMembers | None = None
    when: Answer | None = None
    subject: NamedSubject | None = None
    is_shown: bool = False  # that users see its rows


Overrides = Mapping[TableName, Override]


def read_overrides(answers: ByTable[TableAnswers], catalog: Catalog) -> Overrides:
    """The overrides by table. Raises BadInput for one that the catalogue does not bear out."""
    subjects = subjects_of(answers, catalog)
    return {
        name: Override(
            _scope(name, entry, catalog),
            _members(name, entry, catalog),
            entry.given.get("members_when"),
            subjects.get(name),
            entry.says("user_facing") is True,
        )
        for name, entry in answers.items()
        if entry.given.keys() & {"scope", "members", "members_when", "user_facing", ANSWER}
    }


Counting = Mapping[TableName, RowsThatCount]


def rows_that_count(overrides: Overrides, catalog: Catalog, memberships: Collection[TableName]) -> Counting:
    """What was said of the memberships themselves, for every table that asks them. Raises BadInput."""
    return {
        name: read_rows_that_count(override.when, catalog[name], name)
        for name, override in overrides.items()
        if override.when is not None and override.members is None and name in memberships
    }


def rows_that_count_for(
    name: TableName, override: Override, catalog: Catalog, memberships: Collection[TableName]
) -> Counting:
    """What was said for one table alone, of the membership that was named, or of each that has such columns."""
    if override.when is None or (override.members is None and name in memberships):
        return {}
    if override.members is not None:
        named = override.members.table
        return {named: read_rows_that_count(override.when, catalog[named], name)}
    found: dict[TableName, RowsThatCount] = {}
    refused: dict[TableName, BadInput] = {}
    for each in sorted(memberships):
        try:
            found[each] = read_rows_that_count(override.when, catalog[each], name)
        except BadInput as error:
            refused[each] = error
    if not found:
        raise _why_of_none(catalog[name], refused)
    return found


def _why_of_none(of: Table, refused: Mapping[TableName, BadInput]) -> BadInput:
    """What is wrong with the tests for the membership that the table's policies ask, or for each that may be meant."""
    asked = {table for policy in of.policies for table, _ in policy.columns}
    meant = [each for each in refused if each in asked] or list(refused)
    if len(meant) == 1:
        return refused[meant[0]]
    given = f"The answer 'members_when' for {of.name}"
    if not meant:
        return BadInput(f"{given} speaks of a membership, and none is known. Name it in members.")
    return BadInput(
        f"{given} can be asked of no row of {', '.join(map(str, meant[:-1]))} or {meant[-1]}, one of which says who "
        "belongs. Write plain tests of columns that it has."
    )


def read_rows_that_count(said: Answer, membership: Table, of: TableName) -> RowsThatCount:
    """What `members_when` says, as conditions on rows of the membership. Raises BadInput."""
    columns = {column.name: column for column in membership.columns}
    given = f"The answer 'members_when' for {of}"
    misspelt: list[str] = []

    def resolve(node: exp.Column) -> str | None:
        qualifier = node.args.get("table")
        named = _folded(node.this)
        if qualifier is not None and _folded(qualifier) != membership.name.name:
            return None
        if named is not None and named not in columns:
            misspelt.append(named)
        return named if named in columns else None

    text, found = str(said.value), list[Condition]()
    for test in each_row_test(text, resolve) if not _COMMENT.search(text) else [text]:
        if isinstance(test, str) and misspelt:
            raise BadInput(
                f"{given} asks {test}, and {membership.name} has no column {misspelt[0]}. Name one of those there are: "
                f"{', '.join(columns)}."
            )
        if isinstance(test, str):
            raise BadInput(
                f"{given} asks {test}, which is not a plain test of a column of {membership.name}. Write tests such as "
                "status = 'active', left_at is null, is_active or expires_at > now(), joined by and."
            )
        why_not = why_not_of(test, columns[test.column])
        if why_not:
            raise BadInput(f"{given} cannot be asked exactly: in {membership.name}, {why_not}. Name another column.")
        found.append(typed(test, columns[test.column]))
    return RowsThatCount(tuple(dict.fromkeys(found)), said)


def _folded(node: object) -> str | None:
    if not isinstance(node, exp.Identifier):
        return None
    return str(node.name) if node.args.get("quoted") else str(node.name).lower()


def _members(name: TableName, answers: TableAnswers, catalog: Catalog) -> NamedMembers | None:
    said = answers.given.get("members")
    if said is None:
        return None
    try:
        table = catalog[str(said.value)]
    except (KeyError, ValueError):
        raise BadInput(
            f"The answer 'members' for {name} is {said.value}, which the database does not have. Name the table whose "
            "rows say who belongs, with its schema."
        ) from None
    if table.kind not in _KINDS:
        raise BadInput(f"The answer 'members' for {name} is {table.name}, a {table.kind.value}. Name a table.")
    return NamedMembers(table.name, said)


def _scope(name: TableName, answers: TableAnswers, catalog: Catalog) -> NamedScope | None:
    said = answers.given.get("scope")
    if said is None:
        return None
    table, path = catalog[name], list[Hop]()
    *steps, last = _steps(str(said.value), name, catalog)
    waiting = iter(steps)
    for step in waiting:
        key = _follow(step, table, waiting, said, name)
        path.append(Hop(table.name, key.columns, key.references, key.referenced_columns))
        if key.references not in catalog.tables:
            raise BadInput(
                f"{_given(said, name)} goes on from {table.name}.{step}, which leads to {key.references}, and that is "
                "not in the catalogue. End the path there."
            )
        table = catalog[key.references]
    if last not in {column.name for column in table.columns}:
        raise BadInput(_no_column(last, table, said, name))
    return NamedScope(tuple(path), last, said)


def _steps(text: str, name: TableName, catalog: Catalog) -> list[str]:
    """The names between the points, without a first one that is the table's own."""
    columns = {column.name for column in catalog[name].columns}
    if text in columns:
        return [text]
    steps, end = list[str](), 0
    while found := _STEP.match(text, end):
        steps.append(found[1].replace('""', '"') if found[1] else found[2].strip())
        end = found.end() + 1
        if found.end() == len(text):
            break
        if text[found.end()] != ".":
            steps = []
            break
    if not steps or end <= len(text):
        raise BadInput(
            f"The scope {text!r} for {name} is no column of it, nor a path to one. Write a column, or foreign keys and "
            "a column, such as thread_id.tenant_id."
        )
    for own in ([name.schema, name.name], [name.name]):
        if steps[: len(own)] == own and len(steps) > len(own) and steps[0] not in columns:
            return steps[len(own) :]
    return steps


def _follow(step: str, table: Table, waiting: Iterator[str], said: Answer, name: TableName) -> ForeignKey:
    """The foreign key that a step names: by a column of it, and by the table behind, where a column is in several."""
    if step not in {column.name for column in table.columns}:
        raise BadInput(_no_column(step, table, said, name))
    keys = [key for key in table.foreign_keys if step in key.columns]
    if not keys:
        raise BadInput(
            f"{_given(said, name)} goes on from {table.name}.{step}, which is no foreign key. End the path there, or "
            "add the foreign key."
        )
    if len(keys) == 1:
        return keys[0]
    wanted = next(waiting, None)
    fits = [key for key in keys if key.references.name == wanted]
    if len(fits) != 1:
        ends = " or ".join(sorted({f"{step}.{key.references.name}" for key in keys}))
        raise BadInput(
            f"{_given(said, name)} goes on from {table.name}.{step}, which is in several foreign keys. Say {ends}."
        )
    return fits[0]


def _given(said: Answer, name: TableName) -> str:
    return f"The scope {str(said.value)!r} for {name}"


def _no_column(step: str, table: Table, said: Answer, name: TableName) -> str:
    where = f": {table.name} has no {step}" if table.name != name else ""
    return (
        f"{_given(said, name)} is no column of it{where}. Name the column that holds the scope's key; there are "
        f"{', '.join(column.name for column in table.columns)}."
    )
