"""The headless run as a person starts it: files where it goes well, one sentence and a status where it does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from realtime_advisor.bundle.manifest import MANIFEST, write_manifest
from realtime_advisor.bundle.writing import write_files
from realtime_advisor.report import kernel_channels, summarise
from realtime_advisor.sandbox.postgres import RunningServer

from .conftest import fresh_database


def start(folder: Path, **environment: str) -> subprocess.Popen[str]:
    """`python -m realtime_advisor` without a database in its environment but what is given."""
    inherited = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith("PG") and k not in ("DATABASE_URL", "SECONDS", "VERSION")
    }
    return subprocess.Popen(
        [sys.executable, "-m", "realtime_advisor"],
        env=inherited | {"OUT": str(folder)} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def complaint(folder: Path, **environment: str) -> str:
    """What a run that must fail says on stderr: one line, and nothing is written."""
    run = start(folder, **environment)
    _, said = run.communicate(timeout=600)
    assert run.returncode == 1, said
    assert said.count("\n") == 1, said
    assert not (folder / "decisions.json").exists()
    return said


def test_two_runs_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    runs = [start(folder) for folder in folders]
    said = [run.communicate(timeout=600) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert [stderr for _, stderr in said] == ["", ""]
    assert "broadcast            8  public.documents" in said[0][0]
    left = [{p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.*") if p.is_file()} for folder in folders]
    assert left[0] == left[1]


def test_a_database_of_ones_own_is_watched_and_decided(server: RunningServer, tmp_path: Path) -> None:
    with fresh_database(server) as conninfo:
        with psycopg.connect(conninfo) as connection:
            connection.execute("create table orders (id bigint primary key)")
        run = start(tmp_path / "out", DATABASE_URL=conninfo, SECONDS="1", SHOW_HOST="1")
        said, errors = run.communicate(timeout=600)
    assert (run.returncode, errors) == (0, ""), errors
    index = json.loads((tmp_path / "out" / "decisions.json").read_text())
    assert [(t["table"], t["option"]) for t in index["tables"]] == [("orders", "no_realtime")]
    name = conninfo_to_dict(conninfo)["dbname"]
    assert f"Deciding about the database {name} ..." in said
    assert (index["target"]["database"], index["target"]["host"]) == (name, "a local socket")


def test_a_date_is_told_and_what_somebody_edited_in_an_older_bundle_is_named(
    server: RunningServer, tmp_path: Path
) -> None:
    older = {"README.md": "ours", "decisions.json": "{}"}
    write_files(tmp_path / "out", {**older, MANIFEST: write_manifest(older)})
    (tmp_path / "out" / "README.md").write_text("mine")
    with fresh_database(server) as conninfo:
        with psycopg.connect(conninfo) as connection:
            connection.execute("create table orders (id bigint primary key)")
        run = start(tmp_path / "out", DATABASE_URL=conninfo, SECONDS="0", DATE="2026-11-23")
        said, errors = run.communicate(timeout=600)
    assert (run.returncode, errors) == (0, ""), errors
    assert said.splitlines()[-1] == "Kept aside, because somebody had edited them: kept/README.md."
    assert ", 2026-11-23." in (tmp_path / "out" / "README.md").read_text()
    assert (tmp_path / "out" / "kept" / "README.md").read_text() == "mine"


def test_a_version_that_is_none_is_refused(tmp_path: Path) -> None:
    assert complaint(tmp_path / "out", VERSION="1.2.3").startswith("The version '1.2.3' is no time written as")


def test_a_types_file_that_is_none_is_refused(tmp_path: Path) -> None:
    said = complaint(tmp_path / "out", TYPES=str(tmp_path / "database.types.ts"))
    assert "database.types.ts cannot be read: No such file or directory." in said


def test_a_switch_that_says_neither_yes_nor_no_is_refused(tmp_path: Path) -> None:
    said = complaint(tmp_path / "out", SHOW_HOST="db.example.com")
    assert (
        said == "SHOW_HOST is 'db.example.com'; it says whether the bundle names the database and its host: 1 or 0.\n"
    )


def test_an_empty_database_is_said_to_be_empty(database: str, tmp_path: Path) -> None:
    assert complaint(tmp_path / "out", DATABASE_URL=database).startswith("The database has no tables of its own")


def test_a_missing_database_is_named(server: RunningServer, tmp_path: Path) -> None:
    said = complaint(tmp_path / "out", DATABASE_URL=server.conninfo("no_such_database"))
    assert "no_such_database" in said


def test_a_misspelt_setting_leaves_no_bundle_of_the_workshop(tmp_path: Path) -> None:
    said = complaint(tmp_path / "out", DATABSE_URL="postgresql://me:hunter2@localhost:1/app")
    assert said.startswith("DATABSE_URL is set and names no database here: DATABASE_URL does")
    assert "hunter2" not in said


def test_an_address_left_empty_leaves_no_bundle_of_the_workshop(tmp_path: Path) -> None:
    said = complaint(tmp_path / "out", DATABASE_URL="")
    assert said.startswith("DATABASE_URL is empty, and neither it nor PGHOST and its like say which database")


def test_a_role_without_rights_is_told_which(server: RunningServer, tmp_path: Path) -> None:
    with fresh_database(server) as conninfo:
        name = psycopg.conninfo.conninfo_to_dict(conninfo)["dbname"]
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(SQL("revoke connect on database {} from public").format(Identifier(str(name))))
            connection.execute(SQL("create role {} login").format(Identifier(f"role_of_{name}")))
        said = complaint(
            tmp_path / "out", DATABASE_URL=psycopg.conninfo.make_conninfo(conninfo, user=f"role_of_{name}")
        )
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(SQL("drop role {}").format(Identifier(f"role_of_{name}")))
    assert "may not connect to database" in said
    assert "grant connect on database" in said


def test_an_unreachable_host_is_named_and_the_password_is_not(tmp_path: Path) -> None:
    said = complaint(tmp_path / "out", DATABASE_URL="postgresql://me:hunter2@localhost:1/app")
    assert "localhost:1" in said
    assert "hunter2" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seconds", ["soon", "-3", "inf", "nan"])
def test_seconds_that_are_none_are_refused(tmp_path: Path, seconds: str) -> None:
    assert complaint(tmp_path / "out", SECONDS=seconds).startswith(f"SECONDS is '{seconds}'; it says how long")


def test_a_kernel_that_dies_is_told_without_a_traceback(tmp_path: Path) -> None:
    spec = {"argv": ["false"], "display_name": "dead", "language": "python"}
    (tmp_path / "kernels" / "python3").mkdir(parents=True)
    (tmp_path / "kernels" / "python3" / "kernel.json").write_text(json.dumps(spec))
    run = start(tmp_path / "out", JUPYTER_PATH=str(tmp_path))
    _, said = run.communicate(timeout=600)
    assert run.returncode == 1
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("The report's notebook could not be run (Kernel died")


def test_a_kernel_is_spoken_with_by_sockets_where_their_names_fit(tmp_path: Path) -> None:
    assert kernel_channels(Path("/tmp")) == {"transport": "ipc", "ip": "/tmp/kernel"}
    assert kernel_channels(tmp_path / ("long" * 30)) == {}


def test_a_folder_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = complaint(tmp_path / "file" / "out")
    assert "cannot be written: Not a directory. Name another one with OUT." in said


def test_the_workshops_bundle_takes_no_other_databases_place(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_files(
        out, (files := {"decisions.json": '{"window": {"source": "measured"}}'}) | {MANIFEST: write_manifest(files)}
    )
    before = (out / "decisions.json").read_bytes()
    run = start(out)
    _, said = run.communicate(timeout=600)
    assert run.returncode == 1
    assert said == (
        f"The folder {out} holds the bundle of a database of your own, and neither DATABASE_URL nor HISTORY is set, so "
        "the workshop's would take its place. Set one of them, or name another folder with OUT.\n"
    )
    assert (out / "decisions.json").read_bytes() == before


def test_the_summary_tells_what_to_mind_and_how_much_more_there_is(tmp_path: Path) -> None:
    notes = [f"note {number}" for number in range(10)]
    window = {"source": "measured", "seconds": 60, "notes": notes}
    (tmp_path / "decisions.json").write_text(json.dumps({"tables": [], "window": window}), encoding="utf-8")
    for whole, said in (({"proved": False, "reason": "It failed."}, True), ({"proved": True, "reason": "So."}, False)):
        document = {"tables": [], "window": window, "migration": whole}
        (tmp_path / "decisions.json").write_text(json.dumps(document), encoding="utf-8")
        assert ("Mind: all tables at once are not proved. It failed." in summarise(tmp_path)) is said
    minded = [line for line in summarise(tmp_path).splitlines() if line.startswith("Mind: ")]
    assert minded == [*(f"Mind: {note}" for note in notes[:8]), "Mind: 2 more notes are in its README.md."]
