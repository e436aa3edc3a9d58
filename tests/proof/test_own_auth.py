"""A server that is not Supabase may have a schema `auth` of its owner's: its tables are proved like any others."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest

from realtime_advisor.decision.churn import measure_churn
from realtime_advisor.decision.decide import decide
from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.generation.whole import generate_all
from realtime_advisor.model import Catalog, Option, ProofStatus, Script, TableName
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.counters import take_snapshot
from realtime_advisor.observation.target import open_target
from realtime_advisor.proof.prove import prove, prove_all
from realtime_advisor.proof.whole import prove_whole
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import install

from ..conftest import fresh_database

# The roles are the cluster's and stay; neither of Supabase's schemas does. Users here have numbers, not uuids.
SCHEMA = """
drop schema realtime cascade;
drop schema auth cascade;
create schema auth;
create type auth.state as enum ('live', 'over');
create table auth.users (id bigint primary key, email text not null unique);
create table auth.sessions (id bigint primary key, user_id bigint not null references auth.users, state auth.state);
create table public.inbox (id bigint primary key, user_id bigint not null references auth.users, body text);
create function auth.uid() returns bigint language sql stable as $$ select current_setting('app.user')::bigint $$;
create function auth.jwt() returns text language sql stable as $$ select current_setting('app.token') $$;
"""
ANSWERS = {
    "auth.users": {"token_subject": "id"},
    "auth.sessions": {"scope": "user_id"},
    "public.inbox": {"scope": "user_id"},
}
INBOX, SESSIONS = TableName("public", "inbox"), TableName("auth", "sessions")

World = tuple[Catalog, dict[TableName, Script]]


@pytest.fixture(scope="module")
def own_auth(server: RunningServer) -> World:
    with fresh_database(server) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            install(connection)
            connection.execute(SCHEMA)
        with closing(open_target(conninfo)) as target:
            catalog, churn = read_catalog(target), measure_churn(take_snapshot(target))
    decisions = decide(catalog, churn, ANSWERS)
    return (
        catalog,
        {name: generate(design(decisions[name], catalog, option=Option.BROADCAST)) for name in (INBOX, SESSIONS)},
    )


@pytest.mark.parametrize("table", [INBOX, SESSIONS])
def test_a_table_beside_users_of_ones_own_is_proved(own_auth: World, server: RunningServer, table: TableName) -> None:
    catalog, scripts = own_auth
    proof = prove(scripts[table], catalog, server=server)
    assert (proof.status, proof.failures) == (ProofStatus.PROVED, ()), proof.reason
    assert {cell.expected for cell in proof.cells} == {True, False}


def test_one_after_the_other_each_is_proved(own_auth: World, server: RunningServer) -> None:
    catalog, scripts = own_auth
    proofs = prove_all(scripts, catalog, server=server)
    assert {name: proof.status for name, proof in proofs.items()} == dict.fromkeys(scripts, ProofStatus.PROVED)


def test_all_tables_are_proved_as_one(own_auth: World, server: RunningServer) -> None:
    catalog, scripts = own_auth
    proof = prove_whole(generate_all(script.design for script in scripts.values()), catalog, server=server)
    assert proof is not None
    assert proof.holds, proof.reason
