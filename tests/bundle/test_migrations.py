"""The migrations of a bundle, applied as the Supabase CLI applies them, verified, and taken back."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from realtime_advisor.bundle.export import export
from realtime_advisor.bundle.manifest import MANIFEST
from realtime_advisor.bundle.migrations import Label
from realtime_advisor.errors import BadInput
from realtime_advisor.proof.copies import fingerprint
from realtime_advisor.sandbox.postgres import Binaries, RunningServer

from .world import apply_as_the_cli_does, fresh_workshop, migrations, workshop_advice, workshop_bundle

Connection = psycopg.Connection[tuple[object, ...]]


@pytest.fixture(params=["server", "server15"], ids=["embedded", "15"])
def fresh(request: pytest.FixtureRequest) -> Iterator[Connection]:
    with fresh_workshop(request.getfixturevalue(request.param)) as connection:
        yield connection


def test_they_apply_in_order_and_again_the_check_is_content_and_the_rollback_leaves_nothing(fresh: Connection) -> None:
    bundle = workshop_bundle()
    manifest = json.loads(bundle[MANIFEST])
    before = fingerprint(fresh)
    for _ in range(2):
        for text in migrations(bundle):
            apply_as_the_cli_does(fresh, text)
    installed = fingerprint(fresh)
    assert len(installed - before) > 30
    checked = fresh.execute(bundle[manifest["check"]].encode()).fetchall()
    assert len(checked) > 30
    assert [row for row in checked if row[1] is not True] == []
    fresh.execute(bundle[manifest["rollback"]].encode(), prepare=False)
    assert fingerprint(fresh) == before


def test_the_commands_on_the_page_work_as_they_stand(
    server15: RunningServer, binaries15: Binaries, tmp_path: Path
) -> None:
    """Run by a superuser, who may make policies on a server without Supabase's extension."""
    bundle = export(workshop_advice(), tmp_path / "out")
    commands = "".join(re.findall(r"```sh\n(.*?)```", bundle["README.md"], re.DOTALL))
    assert commands.count("psql") == 5
    with fresh_workshop(server15) as connection:
        before = fingerprint(connection)
        where = f"host={server15.host} port={server15.port} user={connection.info.user} dbname={connection.info.dbname}"
        clean = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=tmp_path / "out",
            env={**clean, "DATABASE_URL": where, "PATH": f"{binaries15.bin}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        assert run.stdout.count("| t  |") > 30
        assert "| f  |" not in run.stdout
        assert fingerprint(connection) == before


def test_what_fails_in_a_migration_leaves_its_earlier_steps_and_no_version(fresh: Connection) -> None:
    """BEGIN and COMMIT hold in the CLI's pipeline: so the version is noted only where all of a file was applied."""
    fresh.execute("create table noted (version text)")
    text = "begin; create table first (id int); commit; begin; select 1 / 0; commit; insert into noted values ('1');"
    with pytest.raises(psycopg.errors.DivisionByZero):
        apply_as_the_cli_does(fresh, text)
    row = fresh.execute("select to_regclass('first') is not null, (select count(*) from noted)").fetchone()
    assert row == (True, 0)


def test_versions_are_a_second_apart_and_sort_in_the_order_in_which_they_apply() -> None:
    bundle = export(workshop_advice(), version="20261231235959", name="channels")
    names = [name.rpartition("/")[2] for name in json.loads(bundle[MANIFEST])["migrations"]]
    assert names == sorted(names)
    assert names == [
        "20261231235959_channels_functions.sql",
        "20270101000000_channels_triggers.sql",
        "20270101000001_channels_policies.sql",
    ]


@pytest.mark.parametrize(
    "version", ["", "1", "20261332000000", "2026-01-01 00:00", "../../etc/passwd", "２０２６０１０１００００００"]
)
def test_a_version_that_is_no_time_is_refused(version: str) -> None:
    with pytest.raises(BadInput, match="is no time written as YYYYMMDDHHMMSS"):
        Label(version)


@pytest.mark.parametrize("name", ["", "Real Time", "a/b", "..", "x" * 61])
def test_a_name_that_is_no_part_of_a_file_name_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="does not do for a migration's file"):
        Label(name=name)
