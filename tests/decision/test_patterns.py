"""The scopes of shapes that real schemas have: whose rows a person would say they are, and what is not granted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from realtime_advisor.decision.principals import Principals, find_principals
from realtime_advisor.decision.scopes import infer_scopes
from realtime_advisor.model import ByTable, Catalog, Scope, TableName
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.target import open_target
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import install

from ..conftest import fresh_database

PATTERNS = Path(__file__).with_name("patterns.sql")
COUNT = 22

# Table, kind of scope, the columns that hold its key; all in the table itself.
WANTED = """
p1 invoices tenant account_id
p2 users user id
p2 users_on_team tenant team_id
p2 payments tenant team_id
p2 inbox tenant team_id
p2 teams tenant id
p3 designs tenant org_id
p4 organizations tenant id
p4 customers tenant organization_id
p4 quotes tenant organization_id
p4 quote_owners tenant organization_id
p4 exports tenant organization_id
p4 invites tenant organization_id
p4 memberships tenant organization_id
p6 Organisation tenant id
p6 Team tenant organisationId
p6 Folder thread teamId
p6 Envelope thread teamId
p7 groups tenant org_id
p7 teams tenant org_id
p8 surveys tenant workspace_id
p8 responses thread survey_id
p8 survey_triggers thread survey_id
p8 widgets thread dashboard_id
p8 job_configs tenant workspace_id
p9 items tenant project_id
p9 runs tenant project_id
p10 teams tenant id
p10 channels thread id
p10 posts thread channelid
p10 reactions thread channelid
p10 drafts user userid
p10 preferences user userid
p11 projects user creator_id
p13 chats user user_id
p14 teams tenant id
p14 projects tenant team_id
p14 folders thread project_id
p14 comments thread project_id
p15 friends user user_id
p17 users user id
p17 teams tenant id
p17 team_invitations tenant team_id
p19 projects thread id
p19 invitations tenant org_id
p19 models thread project_id
p19 prices thread project_id
p19 notification_prefs user user_id
p20 sites tenant code
p20 hits tenant site_code
p21 documents tenant team_id
p22 tasks tenant team_id
p22 profiles user id
"""
TENANTS = {
    1: "accounts", 2: "teams", 3: "orgs", 4: "organizations", 6: "Organisation", 7: "orgs", 8: "workspaces",
    9: "projects", 10: "teams", 14: "teams", 17: "teams", 19: "orgs", 20: "sites", 21: "teams", 22: "teams",
}  # fmt: skip
WITHOUT_GRANTS = (4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18, 19)  # no policy says who reads, or none that is plain


@pytest.fixture(scope="module")
def everything(server: RunningServer) -> Iterator[Catalog]:
    with fresh_database(server) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            install(connection)
            connection.execute(PATTERNS.read_bytes(), prepare=False)
            for number in range(1, COUNT + 1):
                connection.execute(f"grant usage on schema p{number} to anon, authenticated".encode())
                connection.execute(f"grant select on all tables in schema p{number} to anon, authenticated".encode())
        yield read_catalog(open_target(conninfo))


def world(everything: Catalog, number: int) -> Catalog:
    return Catalog(everything.server, ByTable({t.name: t for t in everything if t.name.schema == f"p{number}"}))


def principals(everything: Catalog, number: int) -> Principals:
    return find_principals(world(everything, number))


def scope(everything: Catalog, number: int, table: str) -> Scope:
    return infer_scopes(world(everything, number))[TableName(f"p{number}", table)][0]


@pytest.mark.parametrize("wanted", WANTED.split("\n")[1:-1])
def test_each_table_has_the_scope_that_a_person_would_name(everything: Catalog, wanted: str) -> None:
    schema, table, kind, column = wanted.split()
    found = scope(everything, int(schema[1:]), table)
    assert (found.kind, found.columns, found.path) == (kind, (column,), ())


@pytest.mark.parametrize("number", range(1, COUNT + 1))
def test_the_tenant_is_what_people_belong_to(everything: Catalog, number: int) -> None:
    wanted = {TableName(f"p{number}", TENANTS[number])} if number in TENANTS else set()
    assert principals(everything, number).tenants == wanted


@pytest.mark.parametrize("number", WITHOUT_GRANTS)
def test_what_no_plain_policy_decides_is_granted_to_nobody(everything: Catalog, number: int) -> None:
    scopes = [found for scopes in infer_scopes(world(everything, number)).values() for found in scopes]
    assert [found for found in scopes if found.entitlement] == []
    assert all(found.refusal for found in scopes)


def test_a_membership_that_lasts_for_a_while_is_one_and_its_key_says_how_long(everything: Catalog) -> None:
    (membership,) = principals(everything, 4).memberships
    assert (membership.table.name, membership.live) == ("memberships", "(revoked_at IS NULL)")
    assert membership.state == ("status", "revoked_at")


@pytest.mark.parametrize(
    ("number", "pairs"),
    [(4, {"quote_owners"}), (5, {"changeset_subscribers", "entry_reports"}), (10, {"threadmemberships"})],
)
def test_owners_followers_and_receipts_are_no_members_and_it_is_said(
    everything: Catalog, number: int, pairs: set[str]
) -> None:
    assert {pair.table.name for pair in principals(everything, number).doubtful} == pairs


def test_a_pair_that_is_no_membership_says_so_in_its_scope(everything: Catalog) -> None:
    reason = scope(everything, 5, "changeset_subscribers").reason
    assert "pairs users with p5.changesets, but too little says that they belong to it (1 of 3)" in reason


def test_a_setting_that_may_lack_its_user_is_no_membership(everything: Catalog) -> None:
    assert {m.table.name for m in principals(everything, 19).memberships} == {"org_members", "project_members"}


def test_the_one_who_changed_a_row_last_is_not_its_audience(everything: Catalog) -> None:
    refusal = scope(everything, 6, "Site").refusal or ""
    assert "rows outlive the user in lastModifiedByUserId, who may have made or changed the row" in refusal


def test_no_way_leads_through_a_member_to_the_one_user_behind(everything: Catalog) -> None:
    exports = infer_scopes(world(everything, 4))[TableName("p4", "exports")]
    assert {found.kind for found in exports} == {"tenant"}


def test_a_key_that_a_composite_one_carries_along_is_told_as_such(everything: Catalog) -> None:
    reason = scope(everything, 9, "items").reason
    assert "p9.items.project_id is by a key of several columns that of p9.datasets" in reason


def test_what_only_looks_like_a_key_is_told_and_granted_to_nobody(everything: Catalog) -> None:
    found = scope(everything, 10, "posts")
    assert (found.source, found.label) == ("inferred", "channel")
    assert "has the name and the type of, but no foreign key makes it, a key of p10.channels" in found.reason
    assert "is read off its name and type. Add the foreign key" in (found.refusal or "")


@pytest.mark.parametrize(("number", "table"), [(14, "attachments"), (18, "messages"), (18, "payment")])
def test_where_nothing_leads_to_anybody_there_is_no_scope(everything: Catalog, number: int, table: str) -> None:
    assert infer_scopes(world(everything, number))[TableName(f"p{number}", table)] == ()


def test_of_two_memberships_the_one_counts_that_the_tables_own_policy_asks(everything: Catalog) -> None:
    entitlement = scope(everything, 21, "documents").entitlement
    assert entitlement is not None
    assert entitlement.membership == TableName("p21", "z_members")
    known, documents = principals(everything, 21), everything["p21.documents"]
    teams = TableName("p21", "teams")
    asked = [known.membership_of(teams, documents), known.as_asked_by(documents).membership_of(teams)]
    assert {m.table.name for m in asked if m} == {"z_members"}


def test_who_decides_by_the_current_team_is_told_what_that_means(everything: Catalog) -> None:
    tasks = scope(everything, 22, "tasks")
    assert tasks.entitlement is None
    assert "p22.profiles.current_team_id is what a user has chosen for now" in (tasks.refusal or "")


def test_of_two_reasonable_scopes_the_second_is_named(everything: Catalog) -> None:
    assert "to_user_id is as reasonable" in scope(everything, 15, "direct_messages").reason


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("surveys", "it goes before segment_id, which the row outlives"),
        ("responses", "it goes before contact_id, which may be null"),
        ("survey_triggers", "it goes before action_id, which does not open the table's key"),
    ],
)
def test_the_first_scope_says_why_it_goes_before_the_next(everything: Catalog, table: str, why: str) -> None:
    assert scope(everything, 8, table).reason.endswith(why)
