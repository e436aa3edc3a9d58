"""A check by a role that may not use some schemas: every missing grant is told at once, as SQL that is enough."""

from __future__ import annotations

from pathlib import Path

from realtime_advisor.bundle.drift.check import check
from realtime_advisor.bundle.export import export
from realtime_advisor.generation.whole import generate_all
from realtime_advisor.journey import advise

from .conftest import Installed

TABLES = """
    create schema billing;
    create schema "Closed, too";
    create schema unused;
    create table billing.invoices (id int primary key, tenant_id uuid references public.tenants, total int);
    create table "Closed, too".receipts (id int, tenant_id uuid references public.tenants, primary key (tenant_id, id))
        partition by hash (tenant_id);
    create table "Closed, too".receipts_0 partition of "Closed, too".receipts
        for values with (modulus 1, remainder 0);
    grant usage on schema billing, "Closed, too" to authenticated;
    grant select on billing.invoices, "Closed, too".receipts to authenticated;
    alter table billing.invoices enable row level security;
    alter table "Closed, too".receipts enable row level security;
    create policy members on billing.invoices for select to authenticated using (
        tenant_id in (select m.tenant_id from public.memberships m where m.user_id = auth.uid()));
    create policy members on "Closed, too".receipts for select to authenticated using (
        tenant_id in (select m.tenant_id from public.memberships m where m.user_id = auth.uid()));
"""


def test_all_grants_that_are_missing_are_told_at_once_and_are_enough(installed: Installed, tmp_path: Path) -> None:
    installed.run(TABLES)
    with installed.target("supabase_admin") as target:
        answers: dict[str, dict[str, object]] = {
            "billing.invoices": {"option": "broadcast"},
            '"Closed, too".receipts': {"option": "broadcast"},
        }
        advice = advise(target, 0, answers=answers, prove=0)
    export(advice, tmp_path / "out")
    made = generate_all(advice.designs.values())
    installed.run(made.functions)
    installed.run(made.triggers)
    installed.run(made.policies)
    with installed.target("authenticator") as target:
        (reason,) = check(target, tmp_path / "out").unchecked
    said, _, grants = reason.partition("; have their owners run: ")
    assert said == (
        "what is installed. Role authenticator may not use the schemas Closed, too, billing, realtime and "
        "realtime_advisor"
    )
    assert "unused" not in grants
    installed.run(grants)
    with installed.target("authenticator") as target:
        drift = check(target, tmp_path / "out")
    assert (drift.findings, drift.unchecked) == ((), ())
