"""Who sees a table's rows, and what is said where grants and policies do not tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.decision.decide import decide
from realtime_advisor.model import Catalog, Evidence, Source, Table, TableName

from .world import catalog, churn, outside_supabase, reads, table

INBOX = table("inbox", "id user_id", refers={"user_id": "users"}, policies=[reads("inbox.user_id")])


def readers(world: Catalog, called: TableName, **answers: object) -> Evidence:
    said = {str(called): answers} if answers else None
    made = decide(world, churn(called.name), said)[called]
    return next(finding.evidence for finding in made.findings if finding.criterion == "not_user_facing")


@pytest.mark.parametrize(
    ("seen", "value", "detail"),
    [
        (INBOX, True, "authenticated may select"),
        (replace(INBOX, row_security=False), True, "authenticated may select; row level security is off"),
        (replace(INBOX, select_roles=()), False, "neither anon nor authenticated has SELECT"),
        (replace(INBOX, policies=()), False, "row level security is on and no policy lets users read"),
    ],
)
def test_grants_and_policies_tell_who_reads(seen: Table, value: bool, detail: str) -> None:
    assert readers(catalog(seen), seen.name) == Evidence(value, "yes/no", Source.CATALOG, detail)


def test_without_the_roles_the_path_to_a_user_and_the_name_are_told() -> None:
    users, inbox = table("users", "id"), replace(INBOX, policies=(), row_security=False)
    found = readers(outside_supabase(users, inbox), inbox.name)
    assert (found.value, found.detail.split("; ")[0]) == (
        None,
        "this database has no roles anon and authenticated to ask about",
    )
    assert "its rows lead to a user (public.inbox.user_id refers to public.users" in found.detail
    assert found.detail.endswith("; its name hints at nothing")


def test_a_name_like_a_log_and_no_path_are_told_too() -> None:
    logs = table("audit_logs", "id")
    found = readers(outside_supabase(logs), logs.name)
    assert found.detail.endswith("; nothing leads from its rows to a user; a name has the word audit")


@pytest.mark.parametrize("seen", [replace(INBOX, select_roles=()), replace(INBOX, policies=())])
def test_behind_a_view_the_same_is_told(seen: Table) -> None:
    exposed = replace(seen, exposed_by=(TableName("public", "my_inbox"),))
    found = readers(catalog(exposed), exposed.name)
    assert found.value is None
    assert found.detail.startswith("users may read it through public.my_inbox; its rows lead to a user (")


@pytest.mark.parametrize(
    ("seen", "detail"),
    [
        (INBOX, "authenticated may select"),
        (replace(INBOX, row_security=False), "authenticated may select; row level security is off"),
    ],
)
def test_whom_the_table_itself_shows_its_rows_needs_no_view(seen: Table, detail: str) -> None:
    exposed = replace(seen, exposed_by=(TableName("public", "my_inbox"),))
    assert readers(catalog(exposed), exposed.name) == Evidence(True, "yes/no", Source.CATALOG, detail)


def test_an_answer_corrects_what_was_inferred() -> None:
    answered = readers(catalog(INBOX), INBOX.name, user_facing=False, reason="kept for the tax office")
    told = "the architect's answer: kept for the tax office"
    assert answered == Evidence(False, "yes/no", Source.ANSWERED, told)
