"""Tables that the application's own server reads for its clients, who may not select from them: the architect says so.

Only a missing grant is overruled, never what somebody wrote of who reads: row level security, policies, a view.
"""

from __future__ import annotations

from realtime_advisor.model import Scope, ScopeKind, Table

from .everyone import LISTENER
from .overrides import Override
from .principals import Principals


def is_servers_own(table: Table) -> bool:
    """Whether nothing but a missing grant keeps clients from the table."""
    return table.select_roles == () and not (table.row_security or table.policies or table.exposed_by)


def is_served(scope: Scope, table: Table, principals: Principals, override: Override, is_named: bool) -> bool:
    """Whether the architect says who hears of such a table's rows: the members, or the scope of what users see."""
    if not is_servers_own(table):
        return False
    if scope.kind is not ScopeKind.USER:
        return override.members is not None or (is_named and override.is_shown)
    user = principals.users.get(scope.principal) if scope.principal else None
    is_ones_own = user is not None and user.said is not None
    return is_named and (is_ones_own or override.is_shown or override.members is not None)


def say_served(table: Table) -> str:
    """What is to be known where the architect names listeners of such a table."""
    return (
        f"{LISTENER} may not select from {table.name}, so your own server reads it for the clients: the architect says "
        "who may hear of it."
    )


def ask_served(table: Table) -> str:
    """What to answer where the application's own server reads such a table."""
    return (
        " If your own server reads it for the clients, answer user_facing = true, and scope or members, for "
        f"{table.name}."
    )
