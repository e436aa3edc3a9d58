"""Advice to a folder of files: the decisions, the scripts, and a page that says what to do with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files as package_files
from pathlib import Path

from realtime_advisor.display.audit import tell_audit
from realtime_advisor.generation.cutover import cut_over, needs_cut_over
from realtime_advisor.generation.whole import generate_all
from realtime_advisor.model import Advice, Audit, Design, Option, ProofStatus, Script, TableName

from .audit_page import PAGE, render_audit
from .decisions import describe
from .files import INDEX, stem, write_files

SCHEMA = "decisions.schema.json"
_VERBS = {
    Option.BROADCAST: "broadcast by trigger",
    Option.POSTGRES_CHANGES: "subscribe to Postgres Changes",
    Option.PRESENCE: "track in Presence",
    Option.NO_REALTIME: "nothing; fetch when shown",
}


def export(advice: Advice, out: Path | str | None = None) -> Mapping[str, str]:
    """The bundle's files by relative name, written to the folder `out` unless that is None. Raises ExportFailed."""
    bundle = _render(advice)
    if out is not None:
        write_files(Path(out), bundle)
    return bundle


def _render(advice: Advice) -> dict[str, str]:
    scripts: dict[str, str] = {}
    names: dict[TableName, tuple[str, ...]] = {}
    for table, design in advice.designs.items():
        made = {**_script_files(table, advice.scripts.get(table)), **_cut_over_file(design)}
        scripts |= made
        if made:
            names[table] = tuple(made)
    scripts |= _migration_files(advice)
    decisions = json.dumps(describe(advice, names), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    schema = package_files(__package__).joinpath(SCHEMA).read_text(encoding="utf-8")
    audit = {PAGE: render_audit(advice.audit)} if advice.audit else {}
    return {**scripts, **audit, "README.md": _readme(advice, names), SCHEMA: schema, INDEX: decisions + "\n"}


def _script_files(table: TableName, script: Script | None) -> dict[str, str]:
    if script is None:
        return {}
    parts = {"up": script.up, "down": script.down, "check": script.check}
    return {f"sql/{stem(table)}.{part}.sql": text for part, text in parts.items()}


def _migration_files(advice: Advice) -> dict[str, str]:
    """All tables at once; always there, so that none of an older bundle stays. No table's file is called so."""
    made = generate_all(advice.designs.values(), advice.proofs)
    parts = {"up": made.up, "down": made.down, "check": made.check}
    return {f"sql/all.{part}.sql": text or "-- No table has SQL to install.\n" for part, text in parts.items()}


def _cut_over_file(design: Design) -> dict[str, str]:
    """What is to be done beside the scripts, where it is more than words."""
    return {f"sql/{stem(design.table)}.cutover.sql": cut_over(design)} if needs_cut_over(design) else {}


def _readme(advice: Advice, names: Mapping[TableName, tuple[str, ...]]) -> str:
    rows = [
        f"| {_cell(str(table))} | {decision.option.value} | {decision.confidence} "
        f"| {_told(advice.designs[table])} | {_proved(advice, table)} | {_links(names.get(table, ()))} |"
        for table, decision in advice.decisions.items()
    ]
    notes = [f"- {note}" for note in (*_about_target(advice), *advice.churn.notes)]
    return "\n".join(
        [
            "# How each table should speak to clients",
            "",
            f"PostgreSQL {advice.server.version}, {_window(advice)}. Every reason is in `{INDEX}`, which",
            f"`{SCHEMA}` describes.",
            "",
            *([*notes, ""] if notes else []),
            "| Table | Decision | Confidence | How clients learn of changes | Proof | SQL |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            *(_how_to_apply() if names else ["No table has a script, so there is nothing to apply."]),
            f"{len(advice.scripts)} of {len(advice.decisions)} tables have scripts.",
            "",
            *(_about_today(advice.audit) if advice.audit else ()),
        ]
    )


def _about_today(audit: Audit) -> list[str]:
    return [
        "## What is set up today",
        "",
        f"{_cell(tell_audit(audit.findings))} All of it, with remedies: [{PAGE}]({PAGE}).",
        "",
    ]


def _how_to_apply() -> list[str]:
    return [
        "## Apply, verify, undo",
        "",
        "A script that is *proved* was run in a sandbox against an imitation of its tables: its messages arrived as",
        "designed, and who may listen was asked of the database for every kind of user. Try the others on a staging",
        "database first.",
        "For each table, as the owner of the tables (on Supabase: `postgres`), in any order:",
        "",
        "```sh",
        'psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f sql/<table>.up.sql',
        'psql "$DATABASE_URL" -f sql/<table>.check.sql     # every line should be ok',
        'psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f sql/<table>.down.sql   # takes it back',
        "```",
        "",
        "`sql/all.*.sql` does the same for all tables at once, with fewer policies, so that a join costs less.",
        "",
        "Where a table has a `cutover.sql`, its head says when to run it: it publishes the table in",
        "`supabase_realtime`, or takes it out when its clients have changed.",
        "",
    ]


def _window(advice: Advice) -> str:
    seconds = advice.churn.seconds
    how = "recorded over" if advice.window == "recorded" else "watched for"
    watched = "its counters since they began" if seconds is None else f"{how} {round(seconds):,} seconds"
    return (
        f"the embedded workshop database, {watched} of its traffic" if advice.window == "workshop traffic" else watched
    )


def _about_target(advice: Advice) -> Iterator[str]:
    if not advice.server.is_supabase:
        yield "This is no Supabase database: nothing tells what clients may read, so whoever may listen is unknown too."


def _links(names: Sequence[str]) -> str:
    return " ".join(f"[{name.split('.')[-2]}]({name})" for name in names)


def _proved(advice: Advice, table: TableName) -> str:
    if table not in advice.scripts:
        return ""
    proof = advice.proofs.get(table)
    if proof is None or proof.status is ProofStatus.NOT_PROVED:
        return _cell(f"not proved: {proof.reason}" if proof else "not proved")
    return proof.status.value


def _told(design: Design) -> str:
    if design.refusal:
        return _cell(f"no script: {design.refusal}")
    told = [f"`{emission.topic}`" for emission in design.emissions]
    if design.changes_filter:
        told.insert(0, f"Postgres Changes, filter `{design.changes_filter}`")
    return _cell(", ".join(told) or _VERBS[design.option])


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
