"""What a reader of the report sees first: the verdicts, what to look at, and who makes the row changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from realtime_advisor.display.audit import show_audit_findings
from realtime_advisor.display.palette import OPTIONS
from realtime_advisor.display.sentences import tell_poller_load, tell_verdict
from realtime_advisor.display.wording import say_count, say_list, say_table
from realtime_advisor.model import Advice, Decision, Option, Place, ProofStatus, TableName

from .audit_page import PAGE as AUDIT_PAGE
from .busiest import busiest_first, tell_no_supabase
from .report_figures import draw_bars, draw_dots
from .report_rows import MOST_DOSSIERS, MOST_FULL
from .report_views import Column, Overview, Row, Tile
from .run_sentences import tell_run, tell_whole

_COLUMNS: Final = (
    Column("Table"),
    Column("Verdict"),
    Column("Confidence"),
    Column("Scope"),
    Column("Changes a minute", number=True, sort="descending"),
    Column("Hottest scope", number=True),
    Column("Proof"),
    Column("Because", sortable=False),
)


def survey(advice: Advice, rows: Mapping[TableName, Row], place: Place | None = None) -> Overview:
    """The overview of a run; the busiest tables first."""
    return Overview(
        run=tell_run(advice, place),
        lead=tell_verdict(advice.decisions),
        tiles=tuple(_tiles(advice)),
        watch=tuple(_watch(advice)),
        notes=tuple(_notes(advice)),
        columns=_COLUMNS,
        rows=tuple(sorted(rows.values(), key=lambda row: -row.rate)),
        churn=draw_bars(advice.churn, rows),
        rates=draw_dots(advice.decisions, rows),
        audit=show_audit_findings(advice.audit.findings, AUDIT_PAGE) if advice.audit else None,
        legend=_legend(len(rows)),
    )


def _legend(tables: int) -> str:
    """What is told of which tables, in order of name."""
    whose = "each table" if tables <= MOST_DOSSIERS else f"each of the {MOST_DOSSIERS:,} busiest tables"
    said = f"One for {whose}, in order of name."
    if tables <= MOST_FULL:
        return said
    return (
        f"{said} Of the {MOST_FULL} busiest everything is told here; of the others what decides. The rest is in "
        "decisions.json, in findings.csv and in the scripts."
    )


def _tiles(advice: Advice) -> Iterator[Tile]:
    total = len(advice.decisions) or 1
    for option in Option:
        count = advice.decisions.count(option)
        yield Tile(option.value, OPTIONS[option], count, round(100 * count / total, 2))


def _notes(advice: Advice) -> Iterator[str]:
    if unknown := tell_no_supabase(advice):
        yield unknown
    yield from advice.churn.notes
    if load := tell_poller_load(advice.decisions):
        yield load
    if advice.whole and advice.whole.holds:
        yield tell_whole(advice.whole)


def _watch(advice: Advice) -> Iterator[str]:
    """What somebody has to look at before anything is applied; the busiest tables first."""
    told = {status: _with_status(advice, status) for status in ProofStatus}
    if unproved := told[ProofStatus.NOT_PROVED]:
        yield f"{_scripts(unproved)} not proved. Try {_them(unproved)} on a staging database first."
    if substituted := told[ProofStatus.SUBSTITUTED]:
        yield f"{_scripts(substituted)} proved with substitutes: read what was only imitated."
    if advice.whole and not advice.whole.holds:
        yield tell_whole(advice.whole)
    overridden = [table for table, decision in advice.decisions.items() if decision.override]
    if overridden:
        told_of = (_override(advice.decisions[table]) for table in busiest_first(overridden, advice))
        yield f"Decided by the architect: {say_list(told_of)}."
    refused = [table for table, design in advice.designs.items() if design.refusal]
    if refused:
        yield f"{_tables(busiest_first(refused, advice))} no script; the dossier says what to do instead."
    dangers = [finding for finding in advice.audit.findings if finding.severity == "danger"] if advice.audit else []
    if dangers:
        yield f"Today's set-up has {say_count(len(dangers), 'danger')}; the first: {dangers[0].sentence}"


def _override(decision: Decision) -> str:
    says = next((each.evidence_says for each in decision.answers if each.question == "option"), None)
    evidence = f"; the evidence says {OPTIONS[Option(says)].word}" if says else ""
    return f"{say_table(decision.table)} ({OPTIONS[decision.option].word}{evidence})"


def _with_status(advice: Advice, status: ProofStatus) -> list[TableName]:
    proofs = advice.proofs
    found = (
        table
        for table in advice.scripts
        if (proofs[table].status if table in proofs else ProofStatus.NOT_PROVED) is status
    )
    return busiest_first(found, advice)


def _scripts(tables: Sequence[TableName]) -> str:
    names = say_list(map(say_table, tables))
    return f"The script of {names} is" if len(tables) == 1 else f"{len(tables):,} scripts ({names}) are"


def _them(tables: Sequence[TableName]) -> str:
    return "it" if len(tables) == 1 else "them"


def _tables(tables: Sequence[TableName]) -> str:
    names = say_list(map(say_table, tables))
    return f"{names} has" if len(tables) == 1 else f"{len(tables):,} tables ({names}) have"
