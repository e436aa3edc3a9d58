"""Tables of which a whole role reads every row, and who is left out then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from realtime_advisor.model import Policy, Scope, ScopeKind, Table

from .policies import Requirement, read_rules
from .principals import reading_policies

LISTENER: Final = "authenticated"  # the role that topics' policies are for
_VISITOR: Final = "anon"
# Without parentheses and SELECT, which Postgres writes around them or not.
_LOGGED_IN: Final = re.compile(
    r"auth \. role (AS role )?= 'authenticated' :: text|'authenticated' :: text = auth \. role( AS role)?"
    r"|auth \. uid (AS uid )?IS NOT NULL"
)


def policies_for(table: Table, role: str) -> tuple[Policy, ...]:
    """The permissive policies that let a role select."""
    return tuple(policy for policy in reading_policies(table) if set(policy.roles) & {"public", role})


def everyone(table: Table) -> Iterator[Scope]:
    """The scope of a table of which everyone, or whoever is logged in, reads every row; with who does not."""
    if not table.row_security or not _reads_all(table, LISTENER):
        return
    if _reads_all(table, _VISITOR):
        said = f"Everyone may read {table.name}, logged in or not"
        reason = "a policy lets everyone read every row"
    else:
        said = f"Everyone may read {table.name} once logged in, and visitors without a login may not"
        reason = "a policy lets whoever is logged in read every row"
    refusal = f"{said}: its rows have no narrower audience that a topic could name."
    yield Scope(ScopeKind.GLOBAL, "global", None, (), "", refusal=refusal, reason=reason)


def _reads_all(table: Table, role: str) -> bool:
    """Whether a rule lets the role read every row; a restrictive policy, or no grant, takes rows away again."""
    closed = table.select_roles is not None and role not in table.select_roles
    restricted = any(not policy.permissive and policy.command in ("select", "all") for policy in table.policies)
    if closed or restricted:
        return False
    rules = (rule for policy in policies_for(table, role) for rule in read_rules(policy, table))
    return any(all(is_open(each, role) for each in rule) for rule in rules)


def is_open(requirement: Requirement, role: str = LISTENER) -> bool:
    """Whether a requirement holds for every row, whoever asks in that role.

    `true`, and for authenticated also auth.role() = 'authenticated' and auth.uid() is not null.
    """
    if requirement.text == "true":
        return True
    words = [word for word in requirement.text.split() if word not in ("(", ")", "SELECT")]
    return role == LISTENER and _LOGGED_IN.fullmatch(" ".join(words)) is not None
