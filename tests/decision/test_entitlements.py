"""Who hears, who is left out, and which of two memberships a table's own rule asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.decision.scopes import infer_scopes
from realtime_advisor.model import Policy, Scope, ScopeKind, Table

from .world import MEMBERS, USERS, catalog, name, reads, table

TO_TEAM = {"team_id": "teams"}
DOCS = table("docs", "id team_id", refers=TO_TEAM, policies=[reads("docs.team_id", *MEMBERS)])
NEWS = table("news", "id user_id", refers={"user_id": "users"}, roles=("anon", "authenticated"))
BY_MEMBERS = reads("docs.team_id", *MEMBERS)


def with_policies(table: Table, *policies: Policy) -> Table:
    return replace(table, row_security=True, policies=policies)


def to(role: str, using: str, called: str = "p", permissive: bool = True) -> Policy:
    return Policy(called, "select", permissive, (role,), using)


def first(known: Table, *others: Table, without: tuple[str, ...] = ()) -> Scope:
    return infer_scopes(catalog(known, *others, without=without))[known.name][0]


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (to("public", "true"), "Everyone may read public.news, logged in or not:"),
        (to("authenticated", "true"), "Everyone may read public.news once logged in, and visitors without a login"),
        (to("public", "(auth.role() = 'authenticated'::text)"), "once logged in"),
        (to("public", "(( SELECT auth.role() AS role) = 'authenticated'::text)"), "once logged in"),
        (to("public", "(auth.uid() IS NOT NULL)"), "once logged in"),
        (to("authenticated", "(( SELECT auth.uid() AS uid) IS NOT NULL)"), "once logged in"),
    ],
)
def test_everyone_is_who_the_policy_says(policy: Policy, said: str) -> None:
    scope = first(with_policies(NEWS, policy))
    assert scope.kind is ScopeKind.GLOBAL
    assert said in (scope.refusal or "")


@pytest.mark.parametrize(
    "policies",
    [
        [to("anon", "true")],
        [to("service_role", "true")],
        [to("public", "(auth.role() = 'anon'::text)")],
        [to("public", "(auth.uid() IS NULL)")],
        [to("public", "(NOT (auth.uid() IS NOT NULL))")],
        [to("public", "((auth.uid() IS NOT NULL) AND (id = user_id))")],
        [to("public", "true"), to("public", "(id = user_id)", "q", permissive=False)],
    ],
)
def test_not_everyone_reads_what_some_may(policies: list[Policy]) -> None:
    scope = first(with_policies(NEWS, *policies))
    assert scope.kind is not ScopeKind.GLOBAL
    assert scope.entitlement is None


def test_without_a_grant_visitors_are_left_out_of_everyone() -> None:
    scope = first(with_policies(replace(NEWS, select_roles=("authenticated",)), to("public", "true")))
    assert "once logged in, and visitors without a login may not" in (scope.refusal or "")


def test_whoever_reads_by_another_rule_is_said_not_to_hear() -> None:
    shared = replace(reads("docs.id"), name="shared", using="(id = id)")
    docs = replace(DOCS, select_roles=("anon", "authenticated"))
    scope = first(with_policies(docs, BY_MEMBERS, shared, to("anon", "true", "open")))
    assert scope.entitlement
    assert scope.notes == (
        "Whoever may read public.docs only by another rule (in the policy shared) does not hear of it.",
        "Visitors without a login, who may read it by open, do not hear of it.",
    )


def test_where_members_alone_read_there_is_nothing_to_say() -> None:
    assert first(DOCS).notes == ()


def test_a_users_current_team_is_refused_though_policies_decide_by_it() -> None:
    profiles = replace(USERS, name=name("profiles"), columns=table("x", "id current_team_id").columns)
    profiles = replace(
        profiles,
        foreign_keys=table("profiles", "", refers={"id": "auth.users", "current_team_id": "teams"}).foreign_keys,
        policies=(reads("profiles.id"),),
    )
    tasks = with_policies(DOCS, reads("docs.team_id", "profiles.current_team_id", "profiles.id"))
    scope = first(tasks, profiles, without=("public.members", "public.users", "public.rooms"))
    assert "profiles.current_team_id is what a user has chosen for now" in (scope.refusal or "")


def test_in_one_team_each_whoever_moves_is_said_to_hear_the_one_left() -> None:
    one_each = table("members", "team_id user_id", key="user_id", refers={**TO_TEAM, "user_id": "users"},
                     policies=[reads("members.user_id")])  # fmt: skip
    scope = first(DOCS, one_each)
    assert scope.entitlement
    said = " ".join((scope.reason, *scope.notes))
    assert said.count("one at a time") == 1
    assert "hear" in said


def test_each_table_is_granted_by_the_membership_that_its_own_rule_asks() -> None:
    invites = table("invites", "team_id user_id status", key="team_id user_id",
                    refers={**TO_TEAM, "user_id": "users"}, policies=[reads("invites.user_id")])  # fmt: skip
    invited = table("parties", "id team_id", refers=TO_TEAM,
                    policies=[reads("parties.team_id", "invites.team_id", "invites.user_id")])  # fmt: skip
    scopes = infer_scopes(catalog(DOCS, invites, invited))
    granted = scopes[DOCS.name][0].entitlement
    assert granted is not None
    assert granted.membership == name("members")
    assert "public.invites has the column status" in (scopes[invited.name][0].refusal or "")


def test_a_scope_has_the_article_that_its_name_is_said_with() -> None:
    attachments = table("attachments", "id team_id", refers=TO_TEAM, policies=[reads("attachments.team_id", *MEMBERS)])
    files = table("files", "id attachment_id", refers={"attachment_id": "attachments"}, policies=[reads("files.id")])
    refusals = [scope.refusal or "" for scope in infer_scopes(catalog(attachments, files))[files.name]]
    assert any(refusal.startswith("Who may hear an attachment cannot be derived") for refusal in refusals), refusals


def test_look_ups_that_go_in_a_circle_grant_nothing() -> None:
    members = table("members", "team_id user_id", key="team_id user_id", refers={**TO_TEAM, "user_id": "users"},
                    policies=[reads("members.team_id", *MEMBERS), reads("members.user_id")])  # fmt: skip
    assert "leads in a circle" in (first(DOCS, members).refusal or "")


def test_what_hides_a_looked_up_table_hides_the_rows() -> None:
    notes = table("notes", "id room_id", refers={"room_id": "rooms"},
                  policies=[reads("notes.room_id", "rooms.id", "rooms.team_id", *MEMBERS)])  # fmt: skip
    assert first(notes).entitlement
    closed = replace(catalog()["public.members"], select_roles=())
    assert "may not select from public.members" in (first(notes, closed).refusal or "")
