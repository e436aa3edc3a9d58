"""The page that opens a bundle: what was measured, the verdicts, what to apply in which order, how to go back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from realtime_advisor.display.audit import tell_audit
from realtime_advisor.display.wording import say_list
from realtime_advisor.generation.cutover import withholds_cut_over
from realtime_advisor.model import (
    Advice,
    Audit,
    Decision,
    Decisions,
    Design,
    Option,
    Place,
    ProofStatus,
    TableName,
    WholeProof,
)

from .answer_sentences import tell_answer
from .audit_page import PAGE
from .busiest import lacking_an_answer, tell_no_supabase
from .files import INDEX
from .manifest import MANIFEST
from .markdown import code, plain
from .run_sentences import tell_run, tell_whole

SCHEMA: Final = "decisions.schema.json"
_VERBS: Final = {
    Option.BROADCAST: "broadcast by trigger",
    Option.POSTGRES_CHANGES: "subscribe to Postgres Changes",
    Option.PRESENCE: "track in Presence",
    Option.NO_REALTIME: "nothing; fetch when shown",
}
_SHOWN: Final = {"tables/": ("up", "down", "check"), "cutover/": ("cutover",), "supabase/tests/": ("test",)}
_TESTS: Final = (
    "`supabase test db` runs the tests in pgTAP, on a local or staging database: they write rows and roll them back.",
    "A line with `# SKIP` was not tested, though the run is green, and says why: look for them.",
)


def render_readme(
    advice: Advice,
    files: Mapping[TableName, Sequence[str]],
    migrations: Sequence[str],
    rollback: str,
    check: str,
    pages: Sequence[str],
    date: str | None = None,
    place: Place | None = None,
) -> str:
    """README.md; `files` are those of each table, `pages` the names of the other pages, `place` names the database."""
    tested = any(page.startswith("supabase/tests/") for page in pages)
    rows = [
        f"| {plain(str(table))} | {decision.option.value}{_override(decision)} | {decision.confidence} "
        f"| {_told(advice.designs[table])} | {_proved(advice, table)} | {_links(files.get(table, ()))} |"
        for table, decision in advice.decisions.items()
    ]
    notes = [f"- {plain(note)}" for note in filter(None, (tell_no_supabase(advice), *advice.churn.notes))]
    return "\n".join(
        [
            "# How each table should speak to clients",
            "",
            f"{plain(tell_run(advice, place))}{f', {date}' if date else ''}.",
            "",
            *([*notes, ""] if notes else []),
            "| Table | Decision | Confidence | How clients learn of changes | Proof | SQL |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            f"{len(advice.scripts)} of {len(advice.decisions)} tables have scripts.",
            *_about_silent(lacking_an_answer(advice)),
            *_about_withheld([table for table, design in advice.designs.items() if withholds_cut_over(design)]),
            "",
            *_about_answers(advice.decisions),
            *(_about_today(advice.audit) if advice.audit else ()),
            *(_how_to_apply(advice.whole, migrations, rollback, check, tested) if migrations else _nothing_to_apply()),
            *_what_else(pages),
        ]
    )


def _override(decision: Decision) -> str:
    """Why the architect decided so, and what the evidence says; what was decided so until it expired."""
    said = next((answer for answer in decision.answers if answer.question == "option"), None)
    if said is None:
        return ""
    if said.has_expired:
        return plain(f", by the evidence: the architect's {said.value} expired on {said.expires}")
    return plain(f", by the architect: {decision.override}; the evidence says {said.evidence_says}")


def _about_answers(decisions: Decisions) -> list[str]:
    """What else counts than an option: that stands in the table of verdicts, and what has expired in the notes."""
    told = [
        f"- {plain(f'{table}, {tell_answer(answer)}')}."
        for table, decision in decisions.items()
        for answer in decision.answers
        if not answer.has_expired and answer.question != "option"
    ]
    return ["## What the architect answered", "", *told, ""] if told else []


def _about_today(audit: Audit) -> list[str]:
    return [
        "## What is set up today",
        "",
        f"{plain(tell_audit(audit.findings))} All of it, with remedies: [{PAGE}]({PAGE}).",
        "",
    ]


def _nothing_to_apply() -> list[str]:
    return ["No table has a script, so there is nothing to apply.", ""]


def _how_to_apply(
    whole: WholeProof | None, migrations: Sequence[str], rollback: str, check: str, tested: bool
) -> list[str]:
    return [
        "## Apply, verify, undo",
        "",
        "A script that is *proved* was run in a sandbox against an imitation of its tables: its messages arrived as",
        "designed, and who may listen was asked of the database for every kind of user. Try the others on a staging",
        "database first.",
        "",
        "All tables at once, in this order, as the owner of the tables (on Supabase: `postgres`). Each file may be run",
        "again. The policies come last and alone, because they lock `realtime.messages` for a moment. Where the server",
        "is not Supabase, only the owner of `realtime.messages` or a superuser may make and drop its policies: run",
        f"`{migrations[-1]}` as such a role.",
        "",
        plain(tell_whole(whole)),
        "",
        "```sh",
        *(f'psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f {name}' for name in migrations),
        f'psql "$DATABASE_URL" -f {check}     # every line should be ok',
        "```",
        "",
        "To go back: the catalogue is afterwards as it was before, and clients hear nothing of these tables any more.",
        "Where the server is not Supabase, run it as a superuser: its first step drops the policies, the others are",
        "for the owner of the tables.",
        "",
        "```sh",
        f'psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f {rollback}',
        "```",
        "",
        "Where a cut-over was run, go back by its head first: the rollback and each `.down.sql` leave the publication",
        "as it is.",
        "",
        "With the Supabase CLI: copy `supabase/` into your project's, then `supabase db push`. It wants a version that",
        "is later than your last migration's: export again with `VERSION=YYYYMMDDHHMMSS`.",
        *(_TESTS if tested else ()),
        "",
        "Or one table at a time, in any order, with `tables/<table>.up.sql`, `.check.sql` and `.down.sql`. All tables",
        "at once need fewer policies.",
        "",
        "Whether all of it still holds, later on: `make check BUNDLE=<this folder>`, or `ra.check(target, folder)`.",
        "",
        "Where an older bundle is installed and tells of a table that this one leaves silent, run that one's rollback",
        "first; else these files replace what it made.",
        "",
        "A file `cutover/<table>.sql` says in its head when to run it: it publishes the table in `supabase_realtime`,",
        "or takes it out when its clients have changed.",
        "",
    ]


def _what_else(pages: Sequence[str]) -> Iterator[str]:
    about = {
        "report.html": "the same as a page to read, search and print",
        "adr/": "the decisions as records, one for each table that changes",
        "client/": "TypeScript for the clients",
        "findings.csv": "every criterion of every table, for a spreadsheet",
        INDEX: f"everything for machines, as `{SCHEMA}` describes",
        MANIFEST: "the files of this bundle with their hashes; an edited one is kept aside by the next export",
    }
    yield "## What else is here"
    yield ""
    for name, what in about.items():
        if any(page.startswith(name) for page in pages):
            yield f"- [{name}]({name}): {what}."
    yield ""


def _about_silent(tables: Sequence[TableName]) -> Iterator[str]:
    """One line, with where to read what would settle it."""
    if tables:
        names, they = plain(say_list(map(str, tables))), "it is" if len(tables) == 1 else "they are"
        yield (
            f"Too little is known of {names}, so {they} no_realtime for want of an answer: what would settle it stands "
            f"in [report.html](report.html) as questions, in [{INDEX}]({INDEX}) too, and as *unknown* in "
            "[findings.csv](findings.csv)."
        )


def _about_withheld(tables: Sequence[TableName]) -> Iterator[str]:
    """Why there is no cut-over for tables that are published today, and what to do about it."""
    if tables:
        names, they_stay = plain(say_list(map(str, tables))), "it stays" if len(tables) == 1 else "they stay"
        yield (
            f"`supabase_realtime` sends {names} today, and {they_stay} in it: no cut-over is written for want of an "
            "answer. Answer the questions and export again."
        )


def _links(names: Sequence[str]) -> str:
    return " ".join(f"[{word}]({name})" for name in names if (word := _word(name)))


def _word(name: str) -> str | None:
    """What a file is called in the table of verdicts.

    >>> _word("tables/public.orders.up.sql"), _word("cutover/public.orders.sql"), _word("client/orders.ts")
    ('up', 'cutover', None)
    """
    for folder, words in _SHOWN.items():
        if name.startswith(folder):
            return next((word for word in words if f".{word}." in name), words[0])
    return None


def _proved(advice: Advice, table: TableName) -> str:
    if table not in advice.scripts:
        return ""
    proof = advice.proofs.get(table)
    if proof is None or proof.status is ProofStatus.NOT_PROVED:
        return plain(f"not proved: {proof.reason}" if proof else "not proved")
    return proof.status.value


def _told(design: Design) -> str:
    if design.refusal:
        return plain(f"no script: {design.refusal}")
    told = [_code(emission.topic) for emission in design.emissions]
    if design.changes_filter:
        told.insert(0, f"Postgres Changes, filter {_code(design.changes_filter)}")
    return ", ".join(told) or _VERBS[design.option]


def _code(text: str) -> str:
    """Code in a table's cell, where a bar ends the cell even within code."""
    return code(text).replace("|", "\\|")
