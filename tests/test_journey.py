"""From the workshop database to scripts installed in it: every station at once, as a person walks them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from realtime_advisor import journey, targets
from realtime_advisor.decision.decide import decide
from realtime_advisor.errors import BadInput
from realtime_advisor.model import Advice
from realtime_advisor.observation.target import Target, open_target
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import apply_policies, authorize
from realtime_advisor.workshop.database import WorkshopDatabase, open_workshop

FINGERPRINT = """
select 'function', oid::regprocedure::text, md5(prosrc), proacl::text
  from pg_proc where pronamespace > 16384
union all select 'trigger', tgname || ' on ' || tgrelid::regclass, tgenabled::text, tgfoid::regproc::text
  from pg_trigger
union all select 'policy', polname || ' on ' || polrelid::regclass, pg_get_expr(polqual, polrelid), polroles::text
  from pg_policy
union all select 'schema', nspname, nspowner::regrole::text, nspacl::text
  from pg_namespace where nspname !~ '^pg_(toast_)?temp'
order by 1, 2, 3
"""


@pytest.fixture(scope="module")
def advice() -> Advice:
    return journey.advise(targets.connect(environ={}), prove=0)


@pytest.fixture
def workshop(server: RunningServer) -> Iterator[WorkshopDatabase]:
    with open_workshop(server) as database:
        yield database


@pytest.fixture
def owner(workshop: WorkshopDatabase) -> Iterator[psycopg.Connection[Any]]:
    """The role postgres, to whom the tables belong."""
    with psycopg.connect(workshop.conninfo, autocommit=True) as connection:
        yield connection


@pytest.fixture
def admin(workshop: WorkshopDatabase, server: RunningServer) -> Iterator[psycopg.Connection[Any]]:
    name = str(conninfo_to_dict(workshop.conninfo)["dbname"])
    with psycopg.connect(server.conninfo(name), autocommit=True) as connection:
        yield connection


def run(connection: psycopg.Connection[Any], sql: str) -> None:
    connection.execute(sql.encode(), prepare=False)


def install(advice: Advice, owner: psycopg.Connection[Any], admin: psycopg.Connection[Any]) -> None:
    for script in advice.scripts.values():
        run(owner, script.functions)
        run(owner, script.triggers)
        apply_policies(admin, script.policies)


def sent(admin: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    """Topic and event of what was sent; then forget it."""
    messages = admin.execute("select topic, event from realtime.messages order by topic, event").fetchall()
    admin.execute("delete from realtime.messages")
    return [(topic, event) for topic, event in messages]


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The workshop's traffic is interrupted after a minute of it."""

    def write(target: Target, minutes: float) -> None:
        if (target, minutes) in written:
            raise KeyboardInterrupt
        run_traffic(target, minutes)
        written.append((target, minutes))

    written: list[tuple[Target, float]] = []
    run_traffic = targets.run_traffic
    monkeypatch.setattr(targets, "run_traffic", write)


@pytest.mark.usefixtures("interrupted")
def test_interrupting_the_workshops_traffic_keeps_what_was_read() -> None:
    first, last = journey.observe(targets.connect(environ={}), 600)
    assert (last.taken_at - first.taken_at).total_seconds() == 60


@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize(
    ("prove", "then"),
    [(0, ""), (1, " Then the scripts are proved; interrupt that too to leave the rest of them unproved.")],
)
@pytest.mark.parametrize("kept", [False, True])
def test_an_interrupted_sampling_is_told_before_what_comes_next(
    prove: int,
    then: str,
    kept: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    said: list[str] = []

    def deciding(*given: Any) -> Any:
        said.append(capsys.readouterr().out)
        return decide(*given)

    monkeypatch.setattr(journey, "decide", deciding)
    advice = journey.advise(targets.connect(environ={}), history=tmp_path if kept else None, prove=prove)
    assert advice.churn.seconds == 60
    assert said == [f"The sampling was ended early: what it saw is decided about now.{then}\n"]


def test_a_sampling_to_its_end_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    journey.advise(targets.connect(environ={}), 60, prove=0)
    assert capsys.readouterr().out == ""


def test_scripts_install_twice_and_leave_nothing_behind(
    advice: Advice, owner: psycopg.Connection[Any], admin: psycopg.Connection[Any]
) -> None:
    before = admin.execute(FINGERPRINT).fetchall()
    install(advice, owner, admin)
    installed = admin.execute(FINGERPRINT).fetchall()
    install(advice, owner, admin)
    assert admin.execute(FINGERPRINT).fetchall() == installed != before
    for script in advice.scripts.values():
        wrong = [row for row in owner.execute(script.check.encode(), prepare=False).fetchall() if row[1] is not True]
        assert wrong == []
    for script in advice.scripts.values():
        apply_policies(admin, script.down)
    assert admin.execute(FINGERPRINT).fetchall() == before


def test_one_message_for_each_write_and_each_tenant_on_the_dashboard(
    advice: Advice, owner: psycopg.Connection[Any], admin: psycopg.Connection[Any]
) -> None:
    install(advice, owner, admin)
    [(tenant, document)] = owner.execute("select tenant_id, id from documents order by id limit 1").fetchall()
    told = [(f"tenant:{tenant}:dashboard", "stats_invalidated")]
    owner.execute("update documents set title = title || '!' where id = %s", [document])
    assert sent(admin) == told
    owner.execute("update documents set updated_at = now() where id = %s", [document])
    assert sent(admin) == []
    owner.execute("insert into documents select (jsonb_populate_record(d, %s)).* from documents d where id = %s",
                  ['{"id": "00000000-0000-0000-0000-000000000001"}', document])  # fmt: skip
    assert sent(admin) == told
    owner.execute("delete from documents where id = '00000000-0000-0000-0000-000000000001'")
    assert sent(admin) == told


def test_a_job_over_ten_thousand_rows_of_ten_tenants_sends_ten_messages(
    advice: Advice, owner: psycopg.Connection[Any], admin: psycopg.Connection[Any]
) -> None:
    install(advice, owner, admin)
    tenants = "(select array_agg(id) from (select id from tenants order by id limit 10) as ten)"
    owner.execute("alter table documents disable trigger user")
    owner.execute(
        f"with numbered as (select id, row_number() over () as n from documents) update documents d "
        f"set tenant_id = {tenants}[1 + n %% 10] from numbered where numbered.id = d.id".replace("%%", "%").encode()
    )
    owner.execute("alter table documents enable trigger user")
    sent(admin)
    changed = owner.execute("update documents set version = version + 1")
    assert changed.rowcount == 10_000
    assert len(sent(admin)) == 10


def test_messages_tell_the_dashboard_through_their_thread(
    advice: Advice, owner: psycopg.Connection[Any], admin: psycopg.Connection[Any]
) -> None:
    install(advice, owner, admin)
    [(message, tenant)] = owner.execute(
        "select m.id, t.tenant_id from messages m join message_threads t on t.id = m.thread_id order by m.id limit 1"
    ).fetchall()
    owner.execute("update messages set body = 'edited' where id = %s", [message])
    assert sent(admin) == [(f"tenant:{tenant}:dashboard", "stats_invalidated")]


def test_members_may_join_their_dashboard_and_strangers_may_not(
    advice: Advice, owner: psycopg.Connection[Any], admin: psycopg.Connection[Any]
) -> None:
    install(advice, owner, admin)
    [(tenant, member)] = owner.execute("select tenant_id, user_id from memberships order by 1, 2 limit 1").fetchall()
    [(stranger,)] = owner.execute(
        "select min(id::text) from users where id not in (select user_id from memberships where tenant_id = %s)",
        [tenant],
    ).fetchall()
    topic = f"tenant:{tenant}:dashboard"
    heard = [
        authorize(admin, topic, {"role": "authenticated", "sub": str(who)}).broadcast_read for who in (member, stranger)
    ]
    assert heard == [True, False]


def test_traffic_is_never_written_to_a_database_of_ones_own(database: str) -> None:
    with pytest.raises(BadInput, match="Traffic is written to the workshop database only"):
        targets.run_traffic(open_target(database), 1)
