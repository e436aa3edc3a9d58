"""Without Supabase's users and without policies: what the architect's answers open is proved, and tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

import psycopg
import pytest

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.decision.decide import decide
from realtime_advisor.display.designs import say_entitled
from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import Catalog, DatabaseChurn, Option, ProofStatus, Script, TableName
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.counters import take_snapshot
from realtime_advisor.observation.target import open_target
from realtime_advisor.proof.prove import prove
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import apply_policies, authorize, install

from ..conftest import fresh_database

# Each difficulty once: numbers and texts as keys, another column for logins, no foreign keys, the tenant in the users'
# row, mixed case.
SCHEMA = """
create schema forum;
create table forum.users (id integer primary key, external_id varchar(60) unique, team_id integer);
create table forum.groups (id integer primary key, name text);
alter table forum.users add foreign key (team_id) references forum.groups;
create table forum.group_users (group_id integer not null references forum.groups, user_id integer not null
  references forum.users on delete cascade, primary key (group_id, user_id));
create table forum.posts (id bigint primary key, group_id integer not null references forum.groups on delete cascade,
  user_id integer references forum.users on delete set null, body text);
create table forum.alerts (id bigint primary key, user_id integer not null references forum.users on delete cascade,
  body text);
insert into forum.groups values (1, 'one'), (2, 'two');
insert into forum.users values (7, 'user_2abcDEF', 1), (8, 'a:b%', 2), (9, null, null), (10, '7', null),
  (11, '', 1);
insert into forum.group_users values (1, 7), (2, 8), (1, 11);
insert into forum.posts values (1, 1, 7, 'a'), (2, 2, null, 'b');
insert into forum.alerts values (1, 7, 'a'), (2, 8, 'b'), (3, 9, 'c'), (4, 11, 'd');

create schema chat;
create table chat.users (id varchar(26) primary key, login text not null unique);
create table chat.channels (id varchar(26) primary key, name text);
create table chat.channelmembers (channelid varchar(26) not null, userid varchar(26) not null,
  lastviewedat bigint, primary key (channelid, userid));
create table chat.posts (id varchar(26) primary key, channelid varchar(26) not null, userid varchar(26) not null);
create table chat.drafts (id bigint primary key, userid varchar(26) not null references chat.users, body text);
insert into chat.users values ('user_2abcDEF', 'one'), ('x%', 'x'), ('', '');
insert into chat.channels values ('c:1'), ('c2');
insert into chat.channelmembers values ('c:1', 'user_2abcDEF'), ('c2', 'x%'), ('c2', '');
insert into chat.drafts values (1, 'x%', 'a'), (2, '', 'b');

create schema prisma;
create table prisma."User" (id text primary key, "clerkId" text not null unique);
create table prisma."Team" (id text primary key);
create table prisma."TeamMember" (id text primary key, "teamId" text not null references prisma."Team",
  "userId" text not null references prisma."User", role text, unique ("teamId", "userId"));
create table prisma."Note" (id text primary key, "teamId" text not null references prisma."Team", body text);

grant usage on schema forum, chat, prisma to authenticated;
grant select on all tables in schema forum, chat, prisma to authenticated;
"""
Answers = Mapping[str, Mapping[str, object]]
BY_ID: Answers = {"forum.users": {"token_subject": "id"}}
BY_LOGIN: Answers = {"forum.users": {"token_subject": "external_id"}}
GROUPS: Answers = {"forum.posts": {"members": "forum.group_users"}}
OWN: Answers = {"forum.alerts": {"scope": "user_id"}}
TEAM: Answers = {'prisma."Note"': {"members": 'prisma."TeamMember"'}}
# The time of the last visit might say who still belongs: the architect says that every row makes a member.
CHANNEL: Answers = {
    "chat.posts": {"members": "chat.channelmembers", "scope": "channelid", "members_when": "userid is not null"}
}
NO_NUMBERS = ("user_2abcDEF", "", "7.0", "7;", "x" * 10_000, "99999999999999999999", "' or true --", {"a": 1}, None)


@dataclass(frozen=True)
class Applications:
    """A database with all of the schema above, and what was read of it."""

    conninfo: str
    catalog: Catalog
    churn: DatabaseChurn

    def write(self, table: str, answers: Answers) -> Script:
        decision = decide(self.catalog, self.churn, answers)[TableName.parse(table)]
        return generate(design(decision, self.catalog, option=Option.BROADCAST))

    def who_may_join(self, script: Script, key: str, subs: tuple[object, ...]) -> list[object]:
        topic = script.design.emissions[0].topic.replace("<id>", key)
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute(script.functions.encode())
            apply_policies(connection, script.policies)
            try:
                return [sub for sub in subs if _joins(connection, topic, sub)]
            finally:
                apply_policies(connection, script.down)


def _joins(connection: psycopg.Connection[tuple[object, ...]], topic: str, sub: object) -> bool:
    access = authorize(connection, topic, {"role": "authenticated", "sub": sub})
    assert access.error is None
    return access.broadcast_read


@pytest.fixture(scope="module")
def applications(server: RunningServer) -> Iterator[Applications]:
    with fresh_database(server) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            install(connection)
            connection.execute(SCHEMA.encode())
        with closing(open_target(conninfo)) as target:
            yield Applications(conninfo, read_catalog(target), measure_churn(take_snapshot(target)))


CASES: dict[str, tuple[str, Answers]] = {
    "members, a number": ("forum.posts", {**BY_ID, **GROUPS}),
    "members, another column": ("forum.posts", {**BY_LOGIN, **GROUPS}),
    "own rows, a number": ("forum.alerts", {**BY_ID, **OWN}),
    "own rows, another column": ("forum.alerts", {**BY_LOGIN, **OWN}),
    "the users' own rows": ("forum.users", {"forum.users": {"token_subject": "id", "scope": "id"}}),
    "the users' rows as members": ("forum.posts", {**BY_LOGIN, "forum.posts": {"members": "forum.users"}}),
    "no foreign keys": (
        "chat.posts",
        {
            "chat.users": {"token_subject": "id"},
            **CHANNEL,
        },
    ),
    "own rows, a text": ("chat.drafts", {"chat.users": {"token_subject": "id"}, "chat.drafts": {"scope": "userid"}}),
    "mixed case": ('prisma."Note"', {'prisma."User"': {"token_subject": "id"}, **TEAM}),
    "mixed case, another column": ('prisma."Note"', {'prisma."User"': {"token_subject": "clerkId"}, **TEAM}),
    "another column, no foreign keys": (
        "chat.posts",
        {
            "chat.users": {"token_subject": "login"},
            **CHANNEL,
        },
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_the_answers_open_is_proved(applications: Applications, server: RunningServer, case: str) -> None:
    proof = prove(applications.write(*CASES[case]), applications.catalog, server=server)
    assert proof.failures == ()
    assert proof.status is ProofStatus.PROVED
    assert proof.cells


def test_members_by_number_join_and_no_other_sub_does(applications: Applications) -> None:
    script = applications.write(*CASES["members, a number"])
    joined = applications.who_may_join(script, "1", ("7", 7, "8", "9", *NO_NUMBERS))
    assert joined == ["7", 7]


@pytest.mark.parametrize("sub", [" 7", "7 ", "+7", "007", "0x7", "0b111", "0_7", "7\n"])
def test_a_sub_is_the_number_in_one_spelling_only(applications: Applications, sub: str) -> None:
    for case, key in (("members, a number", "1"), ("own rows, a number", "7")):
        assert applications.who_may_join(applications.write(*CASES[case]), key, (sub,)) == []


def test_a_user_is_known_by_the_login_and_by_nothing_else(applications: Applications) -> None:
    script = applications.write(*CASES["own rows, another column"])
    subs = ("7", 7, "user_2abcDEF", "USER_2ABCDEF", "user_2abcDEF ", "a:b%", "9", "", None)
    assert applications.who_may_join(script, "7", subs) == ["user_2abcDEF"]
    assert applications.who_may_join(script, "8", subs) == ["a:b%"]
    assert applications.who_may_join(script, "9", subs) == []
    assert applications.who_may_join(script, "10", subs) == ["7", 7]


def test_where_no_key_says_so_the_text_still_has_to_be_the_same(applications: Applications) -> None:
    script = applications.write(*CASES["no foreign keys"])
    subs = ("user_2abcDEF", "x%", "x_", "%", "", None)
    assert applications.who_may_join(script, "c%3A1", subs) == ["user_2abcDEF"]
    assert applications.who_may_join(script, "c2", subs) == ["x%"]


@pytest.mark.parametrize(
    ("case", "key"),
    [
        ("own rows, a text", ""),
        ("own rows, another column", "11"),
        ("members, another column", "1"),
        ("the users' rows as members", "1"),
        ("no foreign keys", "c2"),
        ("another column, no foreign keys", "c2"),
    ],
)
def test_an_empty_sub_is_nobodys_though_a_row_has_it(applications: Applications, case: str, key: str) -> None:
    assert applications.who_may_join(applications.write(*CASES[case]), key, ("",)) == []


def test_members_are_known_by_the_login_of_their_own_row(applications: Applications) -> None:
    script = applications.write(*CASES["members, another column"])
    subs = ("7", 7, "8", "user_2abcDEF", "user_2abcdef", "a:b%", "a:b_", "", None)
    assert applications.who_may_join(script, "1", subs) == ["user_2abcDEF"]
    assert applications.who_may_join(script, "2", subs) == ["a:b%"]


def test_the_bundle_says_who_may_listen_in_either_case(applications: Applications) -> None:
    told = {case: say_entitled(applications.write(*CASES[case]).design.emissions[0].scope) for case in CASES}
    assert told["own rows, another column"] == told["own rows, a number"] == "the user named in the topic"
    assert told["members, another column"] == "users with a row in forum.group_users"


@pytest.mark.parametrize(
    "case", ["members, another column", "own rows, another column", "members, a number", "own rows, a text"]
)
def test_it_is_proved_in_place_on_rows_that_are_there(applications: Applications, case: str) -> None:
    script = applications.write(*CASES[case])
    with psycopg.connect(applications.conninfo, autocommit=True) as connection:
        connection.execute(f"{script.functions}; {script.triggers}".encode())
        apply_policies(connection, script.policies)
        try:
            with closing(open_target(applications.conninfo)) as target:
                proof = prove(script, applications.catalog, target=target)
        finally:
            apply_policies(connection, script.down)
    assert proof.failures == ()
    assert proof.status is ProofStatus.PROVED
    assert {cell.expected for cell in proof.cells} == {True, False}
