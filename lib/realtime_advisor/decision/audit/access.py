"""Rules about who may read tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_advisor.decision.principals import reading_policies
from realtime_advisor.model import Policy, Table
from realtime_advisor.reference.column_hints import is_word, load_column_hints

from .rules import Found, Rule, World, may_read, readers
from .wording import named, qualified, quoted


def is_true(expression: str | None) -> bool:
    """Whether a policy's expression lets everything through.

    >>> is_true("true"), is_true("(true)"), is_true("(tenant_id = 1)")
    (True, True, False)
    """
    return (expression or "").strip("() ").lower() == "true"


def _without_row_security(world: World) -> Iterator[Found]:
    for table in world.stored if world.is_supabase else ():
        if may_read(table) and not table.row_security and not world.heard_through(table):
            yield Found(
                table.name,
                f"{named(table.name)} has no row level security: {readers(table)} may read every row of it.",
                "Turn it on, which hides all rows until a SELECT policy says who may read which:",
                f"alter table {qualified(table.name)} enable row level security;",
            )


def _shows_all_rows(world: World) -> Iterator[Found]:
    words = load_column_hints().owner
    for table in world.stored:
        owners = [column.name for column in table.columns if is_word(column.name, words)]
        if not (owners and may_read(table) and table.row_security):
            continue
        policies = reading_policies(table)
        for policy in policies:
            if is_true(policy.using):
                yield _showing_all(table, policy, owners, replaceable=len(policies) > 1)


def _showing_all(table: Table, policy: Policy, owners: list[str], *, replaceable: bool) -> Found:
    sql = f"drop policy {quoted(policy.name)} on {qualified(table.name)};"
    others = " and makes its other policies void" if replaceable else ""
    return Found(
        table.name,
        f"The policy {named(policy.name)} shows every row of {named(table.name)} whatever its {owners[0]}{others}.",
        f"Compare {owners[0]} with what the user belongs to; the other policies do already:"
        if replaceable
        else f"Compare {named(owners[0])} with what the user belongs to.",
        sql if replaceable else "",
    )


def _without_policy(world: World) -> Iterator[Found]:
    for table in world.stored:
        if may_read(table) and table.row_security and not table.policies and not world.heard_through(table):
            yield Found(
                table.name,
                f"{named(table.name)} has row level security and no policy: "
                f"{readers(table)} may select from it and get no rows, only roles that bypass it read it.",
                "Write a policy, or take the grant away too:",
                f"revoke select on {qualified(table.name)} from anon, authenticated;",
            )


RULES: Final = (
    Rule(
        "readable_without_row_security",
        "danger",
        "a table, not published, whose rows all are open to anon or authenticated",
        _without_row_security,
    ),
    Rule(
        "policy_shows_all_rows",
        "warning",
        "a SELECT policy that is true, on a table with a column that says whose the row is",
        _shows_all_rows,
    ),
    Rule(
        "row_security_without_policy",
        "note",
        "a readable table, not published, with row level security and no policy at all",
        _without_policy,
    ),
)
