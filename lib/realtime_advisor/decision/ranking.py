"""Which candidate is a table's scope: what policies compare, then the better evidence; and why it goes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from realtime_advisor.model import Scope, ScopeKind, Source, Table

from .principals import reading_policies
from .ways import Way

_WIDTH: Final = {ScopeKind.USER: 0, ScopeKind.THREAD: 1, ScopeKind.TENANT: 2}


class Tier(IntEnum):
    """Without policies: what is the likelier audience is the smaller."""

    OWN = 0  # each row is a user, a tenant or a room itself
    MINE = 1  # a column that names a user and opens the key: a draft in this room, a setting
    MEMBERS = 2  # a column that names what has members
    CONTAINER = 3  # a column that names a row of what leads to members
    USER = 4  # a column that names a user
    SEVERAL = 5  # a key of several columns, which no topic can carry
    FAR = 6  # keys of other tables lie between
    LAST = 7  # rows that outlive what they refer to; an author


@dataclass(frozen=True, slots=True)
class Candidate:
    """A scope, the ways that lead to it, and what is known of where they end."""

    scope: Scope
    ways: tuple[Way, ...] = ()
    own: bool = False
    has_members: bool = False
    may_be_author: bool = False
    is_membership: bool = False  # of the table whose scope this is

    def is_compared(self, compared: frozenset[str]) -> bool:
        """Whether the policies compare the scope's columns of the table itself."""
        return not self.scope.path and bool(self.scope.columns) and compared.issuperset(self.scope.columns)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a candidate stands; the smaller goes first, field by field."""

    tier: Tier
    alike: bool
    hops: int
    nullable: bool
    width: int
    lasting: int
    not_leading: bool

    @property
    def order(self) -> tuple[int, ...]:
        return (
            self.tier,
            self.alike,
            self.hops,
            self.nullable,
            self.width,
            self.lasting,
            self.not_leading,
        )


def compared_columns(table: Table) -> frozenset[str]:
    """The table's own columns that its SELECT policies mention."""
    return frozenset(c for policy in reading_policies(table) for name, c in policy.columns if name == table.name)


def rank(candidates: Sequence[Candidate], compared: frozenset[str]) -> tuple[Scope, ...]:
    """The scopes, the audience first: what the SELECT policies compare, else the parent for which most speaks."""
    ordered = sorted(candidates, key=lambda candidate: _order(candidate, compared))
    scopes = [_tell_source(candidate, compared) for candidate in ordered]
    beside = next((other for other in ordered[1:] if not other.scope.path), None)
    if beside and not ordered[0].is_compared(compared):
        scopes[0] = replace(scopes[0], reason=f"{scopes[0].reason}; {_compare(ordered[0], beside)}")
        if _place(ordered[0]) == _place(beside):
            note = f"{', '.join(beside.scope.columns)} is as reasonable a scope: answer scope to choose."
            scopes[0] = replace(scopes[0], notes=(*scopes[0].notes, note))
    return tuple(scopes)


def _order(candidate: Candidate, compared: frozenset[str]) -> tuple[int, ...]:
    scope, place = candidate.scope, _place(candidate)
    if candidate.is_compared(compared):
        # Of two that are granted, each by a rule of its own, the wider audience is the one that all readers share.
        wider = -_WIDTH.get(scope.kind, 3)
        return (0, scope.entitlement is None, candidate.may_be_author, wider, *place.order)
    return (1, 0, 0, 0, *place.order)


def _place(candidate: Candidate) -> _Place:
    scope, ways = candidate.scope, candidate.ways
    return _Place(
        _tier(candidate),
        any(way.weakness[0] for way in ways),
        len(scope.path),
        any(way.nullable for way in ways),
        # A user's column may be the author's: a parent that is shared goes before it.
        3 if scope.kind is ScopeKind.USER else _WIDTH.get(scope.kind, 3),
        max((way.lasting for way in ways), default=0),
        not all(way.leads for way in ways),
    )


def _tier(candidate: Candidate) -> Tier:
    scope, ways = candidate.scope, candidate.ways
    if candidate.own:
        return Tier.OWN
    if any(way.optional for way in ways) or candidate.may_be_author:
        return Tier.LAST
    if scope.path or len(scope.columns) > 1:
        return Tier.FAR if scope.path else Tier.SEVERAL
    if scope.kind is not ScopeKind.USER:
        return Tier.MEMBERS if candidate.has_members else Tier.CONTAINER
    mine = ways and ways[0].leads and not ways[0].nullable and not candidate.is_membership
    return Tier.MINE if mine else Tier.USER


def _tell_source(candidate: Candidate, compared: frozenset[str]) -> Scope:
    scope = candidate.scope
    if scope.kind is ScopeKind.GLOBAL:
        return replace(scope, source=Source.CATALOG)
    if candidate.is_compared(compared):
        reason = f"{scope.reason}, and the SELECT policies compare it"
        return replace(scope, source=Source.CATALOG, reason=reason)
    alike = any(way.weakness[0] for way in candidate.ways)
    if compared:
        return replace(scope, source=Source.INFERRED) if alike else scope
    return replace(
        scope, source=Source.INFERRED, reason=f"{scope.reason}; no SELECT policy confirms that readers share it"
    )


def _compare(first: Candidate, second: Candidate) -> str:
    """Why the first goes before the second, which is in the table itself."""
    name = ", ".join(second.scope.columns)
    ours, theirs = _place(first), _place(second)
    if ours.tier != theirs.tier:
        return f"it goes before {name}, {_say_tier(first, second)}"
    for field, why in _SAYS.items():
        if getattr(ours, field) != getattr(theirs, field):
            return f"it goes before {name}, {why}"
    return f"{name} is as reasonable"


_SAYS: Final = {
    "alike": "which only looks like a key",
    "nullable": "which may be null",
    "width": "which more people share",
    "lasting": "without which the row can stay",
    "not_leading": "which does not open the table's key",
}


def _say_tier(first: Candidate, second: Candidate) -> str:
    if second.may_be_author:
        return "who may be the author"
    return {
        Tier.MINE: "one user alone",
        Tier.MEMBERS: "which more people share",
        Tier.CONTAINER: "which has no members of its own",
        Tier.USER: "which does not open the key" if first.scope.kind is ScopeKind.USER else "one user alone",
        Tier.SEVERAL: "a key of several columns",
        Tier.LAST: "which the row outlives",
    }[_place(second).tier]
