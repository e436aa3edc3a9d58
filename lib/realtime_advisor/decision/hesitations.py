"""What a scope leaves open, each in a sentence: rows that it does not reach, keys that lead nowhere, pairs in doubt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_advisor.model import Catalog, Scope, ScopeKind, Table
from realtime_advisor.reference import bare, load_hints

from .answer import TableAnswers
from .granting import say_why_unread
from .memberships import Membership
from .own_rows import spell
from .principals import AUTH_USERS, Principals, reading_policies
from .scopes import say_doubt
from .subjects import ANSWER

_PAIR_WORDS: Final = ("type", "kind", "class")


def say_limits(table: Table, scopes: tuple[Scope, ...], catalog: Catalog) -> Iterator[str]:
    """What a topic of the table's scope does not reach, and which of its columns cannot lead to one."""
    scope = scopes[0] if scopes else None
    yield from _say_polymorphic(table, scope)
    unread = "" if scope else say_why_unread(reading_policies(table), catalog)
    if unread:
        yield f"Who reads {table.name} its SELECT policies ask a function: {unread}Mend it, or answer members."
    if scope is None or scope.kind is ScopeKind.GLOBAL:
        return
    if len(scope.columns) > 1:
        yield (
            f"A topic names one key, and {_listed([*scope.columns])} are {len(scope.columns)} columns, so no policy "
            f"is generated for them: give {scope.principal} a key of one column, or answer scope."
        )
    if scope.entitlement is not None:
        yield from _say_nullable(table, scope)
    others = [other for other in scopes[1:] if other.kind is ScopeKind.USER and not other.path]
    if scope.kind is ScopeKind.USER and not scope.path and others:
        yield (
            f"Its rows name several users, by {_listed([*scope.columns, *others[0].columns])}: the topic reaches the "
            f"one in {scope.columns[0]} alone."
        )


def say_subject(table: Table, answers: TableAnswers, principals: Principals, catalog: Catalog) -> Iterator[str]:
    """That a table does not look like one of users, where the architect named the column of the JWT's sub in it."""
    user = principals.users.get(table.name)
    if ANSWER not in answers.given or user is None or user.said is None:
        return
    hints = load_hints()
    words = {word.removesuffix("s") for word in hints.user}
    of_users = {bare(word) for word in (*hints.user_columns, *hints.author_columns, *hints.member_columns)}
    referring = {bare(c) for t in catalog for k in t.foreign_keys if k.references == table.name for c in k.columns}
    if not referring & of_users and not any(word in bare(table.name.name) for word in words):
        yield (
            f"Only the answer {ANSWER} says that each row of {table.name} is a user; neither its name nor a column "
            f"that refers to it does: take it back if {user.said.column} is not the JWT's sub."
        )


def ask_scope(table: Table, scopes: tuple[Scope, ...], principals: Principals, answers: TableAnswers) -> Iterator[str]:
    """What the architect could say that would give the table an audience."""
    if scopes and (scopes[0].entitlement or not scopes[0].principal):
        return
    yield from _ask_subject(principals)
    if answers.given.keys() & {"members", "scope"}:
        return
    near = {table.name, *(way.key.references for way in principals.ways.get(table.name, ()))}
    asked: dict[str, Membership] = {}
    for pair in principals.doubtful:
        if pair.scope_table in near and pair.table != table.name:
            asked.setdefault(str(pair.table), pair)
    for name, pair in sorted(asked.items()):
        yield f"{say_doubt(pair)}; answer members = {spell(name)} for {table.name} if it makes a member."


def _ask_subject(principals: Principals) -> Iterator[str]:
    """Which column holds the JWT's sub, where the catalogue does not tell of any users table."""
    if principals.knows_a_sub:
        return
    tables = [name for name in principals.users if name != AUTH_USERS]
    for name in tables:
        yield f"Which column of {name} holds the JWT's sub, if one does? Answer token_subject for {name}."
    if not tables:
        yield "Which table has a row for each user, and which column of it holds the JWT's sub? Answer token_subject."


def _say_polymorphic(table: Table, scope: Scope | None) -> Iterator[str]:
    """Pairs such as commentable_type and commentable_id, which name rows of several tables."""
    keyed = {column for key in table.foreign_keys for column in key.columns}
    names = {column.name.replace("_", "").lower(): column.name for column in table.columns}
    for column in table.columns:
        bare = column.name.replace("_", "").lower()
        beside = next((names[f"{bare[:-2]}{word}"] for word in _PAIR_WORDS if f"{bare[:-2]}{word}" in names), None)
        if not bare.endswith("id") or bare == "id" or column.name in keyed or beside is None:
            continue
        instead = "" if scope else " Copy the tenant's key into it, with a foreign key, to give it an audience."
        yield (
            f"{table.name}.{column.name} names rows of several tables ({beside} says which), so nothing leads on by it."
            f"{instead}"
        )


def _say_nullable(table: Table, scope: Scope) -> Iterator[str]:
    first = scope.path[0].columns if scope.path else scope.columns
    filled = {*table.primary_key, *(column.name for column in table.columns if column.not_null)}
    empty = [name for name in first if name not in filled]
    if empty:
        without = "it" if len(empty) == 1 else "them"
        yield (
            f"{table.name}.{_listed(empty)} may be null: rows without {without}, whether everybody's or nobody's, are "
            "told on no topic."
        )


def _listed(names: list[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"
