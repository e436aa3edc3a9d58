"""Types that somebody has made are read with the catalogue and made again, so that nothing has to stand for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import (
    Catalog,
    Condition,
    Entitlement,
    Option,
    ProofStatus,
    Scope,
    ScopeKind,
    Script,
    UserType,
)
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.target import open_target
from realtime_advisor.proof.prove import prove
from realtime_advisor.sandbox.postgres import RunningServer

from ..generation.world import decide, public

SCHEMA = """
    create schema app;
    create type app."Odd; Mood" as enum ('it''s', 'fine', 'b"ad');
    create type public.member_status as enum ('active', 'invited');
    create domain app.email as text check (value like '%@%');
    create domain app.key as uuid;
    create domain app.mood_or_not as app."Odd; Mood";
    create type app.money as (amount numeric(10,2), currency text, mood app."Odd; Mood");
    create table teams (id app.key primary key);
    create table members (
      team_id app.key references teams, user_id uuid, status public.member_status, primary key (team_id, user_id)
    );
    create table notes (
      id bigint primary key, team_id app.key references teams on delete cascade, mood app."Odd; Mood" not null,
      moods app."Odd; Mood"[], perhaps app.mood_or_not, price app.money
    );
"""
TYPES = {
    'app."Odd; Mood"': UserType('app."Odd; Mood"', "enum", ("it's", "fine", 'b"ad')),
    "public.member_status": UserType("public.member_status", "enum", ("active", "invited")),
    "app.email": UserType("app.email", "domain", base="text", checked=True),
    "app.key": UserType("app.key", "domain", base="uuid"),
    "app.mood_or_not": UserType("app.mood_or_not", "domain", base='app."Odd; Mood"'),
    "app.money": UserType(
        "app.money",
        "composite",
        attributes=(("amount", "numeric(10,2)"), ("currency", "text"), ("mood", 'app."Odd; Mood"')),
    ),
}


@pytest.fixture(params=["database", "database15"], ids=["embedded", "15"])
def catalog(request: pytest.FixtureRequest) -> Iterator[Catalog]:
    url = request.getfixturevalue(request.param)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SCHEMA)
    target = open_target(url)
    yield read_catalog(target)
    target.close()


def script_for(catalog: Catalog) -> Script:
    conditions = (Condition("status", "in", ("active",), "public.member_status"),)
    entitled = Entitlement("membership", "uuid", public("members"), ("team_id",), "user_id", conditions=conditions)
    scope = Scope(ScopeKind.TENANT, "team", public("teams"), ("team_id",), "app.key", entitlement=entitled)
    return generate(design(decide(public("notes"), scope), catalog, option=Option.BROADCAST))


def test_types_are_read_as_columns_write_them(catalog: Catalog) -> None:
    assert {one.name: one for one in catalog.types} == TYPES
    assert {column.type for table in catalog for column in table.columns} >= {"app.key", 'app."Odd; Mood"[]'}


def test_they_are_made_again_and_nothing_stands_for_them(server: RunningServer, catalog: Catalog) -> None:
    proof = prove(script_for(catalog), catalog, server=server)
    assert proof.failures == ()
    assert proof.status is ProofStatus.PROVED, proof.substitutes
    assert "member whose status is invited" in {cell.who for cell in proof.cells}


def test_a_domain_without_its_checks_is_said(server: RunningServer, catalog: Catalog) -> None:
    checked = tuple(replace(one, checked=True) if one.name == "app.key" else one for one in catalog.types)
    proof = prove(script_for(catalog), replace(catalog, types=checked), server=server)
    assert proof.status is ProofStatus.SUBSTITUTED
    assert proof.substitutes == ("The domain app.key is made without its checks.",)
