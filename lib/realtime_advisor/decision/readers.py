"""Who sees a table's rows: grants and policies; where those do not tell, what leads to users and what names hint."""

from __future__ import annotations

from realtime_advisor.model import Evidence, Scope, Source, Table, with_article

from .answer import TableAnswers
from .principals import API_ROLES, reading_policies
from .served import is_servers_own

UNIT = "yes/no"


def infer_readers(
    table: Table, scope: Scope | None, name_hints: tuple[Evidence, ...], answers: TableAnswers
) -> Evidence:
    """Whether users see the table's rows: answered, else as the catalogue says, else unknown with what weighs."""
    answered = answers.says("user_facing")
    if answered is not None:
        return Evidence(answered, UNIT, Source.ANSWERED, answers.tell("user_facing"))
    if table.select_roles is None:
        return _unknown(f"this database has no roles {' and '.join(API_ROLES)} to ask about", scope, name_hints)
    if not is_shown_to_none(table):
        who = f"{' and '.join(table.select_roles)} may select"
        off = "" if table.row_security else "; row level security is off"
        return Evidence(True, UNIT, Source.CATALOG, f"{who}{off}")
    if table.exposed_by:
        return _unknown(f"users may read it through {', '.join(map(str, table.exposed_by))}", scope, name_hints)
    if is_servers_own(table) and ("members" in answers.given or (scope and scope.entitlement)):
        said = answers.tell("members" if "members" in answers.given else "scope")
        return Evidence(True, UNIT, Source.ANSWERED, f"your own server reads it for the clients; {said}")
    if not table.select_roles:
        return Evidence(False, UNIT, Source.CATALOG, "neither anon nor authenticated has SELECT")
    return Evidence(False, UNIT, Source.CATALOG, "row level security is on and no policy lets users read")


def is_shown_to_none(table: Table) -> bool:
    """Whether Postgres Changes, which selects as the client, shows no client a row, whatever was answered."""
    return table.select_roles == () or (table.row_security and not reading_policies(table))


def _unknown(why: str, scope: Scope | None, name_hints: tuple[Evidence, ...]) -> Evidence:
    """Unknown, with the path to a principal and the names: both weigh, neither settles it."""
    where = f"its rows lead to {with_article(scope.label)} ({scope.reason})" if scope else None
    leads = where or "nothing leads from its rows to a user"
    hints = [hint.detail for hint in name_hints if hint.value] or ["its name hints at nothing"]
    return Evidence(None, UNIT, Source.CATALOG, "; ".join([why, leads, *hints]))
