"""The sentence that a picture shows, computed, so that it is true of anyone's database."""

from __future__ import annotations

from collections.abc import Sequence

from realtime_advisor.decision.poller import PollerLoad, count_saturating, poller_load
from realtime_advisor.model import (
    Churn,
    DatabaseChurn,
    Decision,
    Decisions,
    Evidence,
    Finding,
    Option,
    ScopeRates,
    TableName,
)

from .palette import OPTIONS
from .wording import (
    is_number,
    say_bare,
    say_count,
    say_list,
    say_minutes,
    say_number,
    say_share,
    say_table,
    say_value,
)

NO_TABLES = "There is no table to tell about."
NOTHING_CHANGED = "No row changed: write something, or observe for longer."


def tops(churn: DatabaseChurn) -> list[Churn]:
    """The tables in their own right, busiest first: a partition counts in its parent."""
    own = (entry for entry in churn.values() if entry.partition_of not in churn)
    return sorted(own, key=lambda entry: (-entry.events, entry.table))


def busy(churn: DatabaseChurn) -> list[Churn]:
    """Those of them that changed at all."""
    return [entry for entry in tops(churn) if entry.events]


def tell_window(churn: DatabaseChurn) -> str:
    """What the counts cover: a window, or the time since a reset, or an unknown time."""
    if churn.bases <= {"window"} and churn.seconds:
        return f"in a window of {say_minutes(churn.seconds)}"
    if churn.seconds:
        return f"since the counters were reset, {say_minutes(churn.seconds)} ago"
    return "since the counters began"


def tell_churn(churn: DatabaseChurn) -> str:
    """Who makes the churn."""
    if not churn:
        return NO_TABLES
    told = busy(churn)
    if not told:
        return NOTHING_CHANGED
    first = told[0]
    half, sofar, total = 0, 0, churn.events
    while sofar * 2 < total:
        sofar += told[half].events
        half += 1
    quiet = len(tops(churn)) - len(told)
    return (
        f"{say_count(total, 'row change')} {tell_window(churn)}: {say_table(first.table)} has "
        f"{say_share(first.events / total)} of them"
        + (f", and {half} of {say_count(len(told), 'busy table')} have more than half" if half > 1 else "")
        + (f"; {say_count(quiet, 'table')} did not change." if quiet else ".")
    )


def tell_mix(churn: DatabaseChurn, update_heavy: float) -> str:
    """Which tables are mostly updated, beyond the matrix's threshold."""
    told = busy(churn)
    if not told:
        return NOTHING_CHANGED if churn else NO_TABLES
    heavy = [entry for entry in told if (entry.update_share or 0) > update_heavy]
    if not heavy:
        return f"None of {say_count(len(told), 'busy table')} is update-heavy, above {say_share(update_heavy)}."
    are = "is" if len(heavy) == 1 else "are"
    names = say_list(say_table(entry.table) for entry in heavy)
    return (
        f"{len(heavy)} of {say_count(len(told), 'busy table')} {are} update-heavy, above {say_share(update_heavy)}: "
        f"{names}."
    )


def tell_verdict(decisions: Decisions) -> str:
    """How many tables get which option, and how sure that is."""
    if not decisions:
        return NO_TABLES
    counts = [(OPTIONS[option].word, decisions.count(option)) for option in Option if decisions.count(option)]
    said = say_list(f"{word} for {count:,}" for word, count in sorted(counts, key=lambda pair: -pair[1]))
    weak = [say_table(name) for name, decision in decisions.items() if decision.confidence == "low"]
    doubt = f" Little supports the verdict on {say_list(weak)}." if weak else ""
    return f"Of {say_count(len(decisions), 'table')}: {said}.{doubt}"


def tell_margins(decision: Decision, nearest: Sequence[Finding]) -> str:
    """Which measured criterion is nearest to turning."""
    table = say_table(decision.table)
    if not nearest:
        return f"Nothing about {table} was measured that has a threshold."
    first = nearest[0]
    now, at = first.evidence.value, first.threshold
    return (
        f'{table} is nearest to its threshold in "{first.sentence}": {say_value(now, first.evidence.unit)} '
        f"against {say_bare(at, first.evidence.unit)}."
    )


def tell_hottest(rates: Sequence[tuple[TableName, float]], threshold: float) -> str:
    """Which tables are above the threshold in their hottest scope, and which is the first below."""
    if not rates:
        return "No table's hottest scope could be measured."
    above = [say_table(name) for name, rate in rates if rate > threshold]
    below = [(name, rate) for name, rate in rates if rate <= threshold]
    names = say_list(above) if above else "no table"
    said = f"Above {say_number(threshold)} events a minute in the hottest scope: {names}"
    if not below:
        return f"{said}."
    name, rate = max(below, key=lambda pair: pair[1])
    return f"{said}; the first below is {say_table(name)} at {say_number(rate)}."


def tell_rates(decision: Decision) -> str:
    """What a subscriber hears a minute, without a filter and with the one that selects a scope."""
    rates, name = decision.rates, say_table(decision.table)
    whole = _value(rates.table_per_minute) if rates else None
    if rates is None or whole is None:
        why = f": {rates.table_per_minute.detail}" if rates else ""
        return f"How many row changes a subscriber of {name} hears is unknown{why}."
    said = f"{name}: {say_number(whole)} row changes a minute concern a subscriber without a filter"
    if rates.filter is None:
        return f"{said}. {rates.why_no_filter}"
    return f"{said}; with {rates.filter} {_tell_scoped(rates, decision.scope.label if decision.scope else 'scope')}."


def _tell_scoped(rates: ScopeRates, label: str) -> str:
    hottest, average = _value(rates.hottest_per_minute), _value(rates.average_per_minute)
    if hottest is None:
        return f"an unknown part of them: {rates.hottest_per_minute.detail}"
    bound = next(
        (f"{word} " for word in ("at most", "at least") if rates.hottest_per_minute.detail.startswith(word)), ""
    )
    mean = "" if average is None else f", {say_number(average)} in the average one"
    return f"{bound}{say_number(hottest)} in the hottest {label}{mean}"


def _value(evidence: Evidence) -> float | None:
    return float(evidence.value) if is_number(evidence.value) else None


def tell_poller_load(decisions: Decisions) -> str:
    """What the tables on Postgres Changes ask together of the project's one poller; nothing without such a table."""
    load = poller_load(decisions)
    if load is None:
        return ""
    parts = [_tell_checks(load)] if len(load.unknown) < len(load.tables) else []
    if load.unknown:
        parts.append(f"How many clients listen to {say_list(map(say_table, load.unknown))} is not known.")
    each = " to each" if len(load.tables) > 1 else ""
    if len(load.unknown) == len(load.tables) and load.changes_per_minute:
        parts.append(
            f"One poller serves the whole project: at {say_number(load.changes_per_minute)} changes a minute in all, "
            f"{count_saturating(load.changes_per_minute, load.limit):,} subscriptions{each} saturate it."
        )
    return " ".join(parts)


def _tell_checks(load: PollerLoad) -> str:
    known = len(load.tables) - len(load.unknown)
    verdict = "which is saturated at" if load.saturated else "within"
    return (
        f"{say_count(known, 'table')} on Postgres Changes {'asks' if known == 1 else 'ask'} "
        f"{say_number(load.checks_per_second)} checks a second of the project's one poller, {verdict} "
        f"its {say_number(load.limit)}."
    )


def tell_changes(before: Decisions, after: Decisions) -> str:
    """How many tables are decided otherwise."""
    moved = [name for name in after if name in before and after[name].option is not before[name].option]
    if not moved:
        return (
            f"No table changes its option: all {len(after)} stay." if len(after) != 1 else "The table stays as it is."
        )
    told = (
        f"{say_table(name)} from {OPTIONS[before[name].option].word} to {OPTIONS[after[name].option].word}"
        for name in moved
    )
    return f"{len(moved)} of {say_count(len(after), 'table')} would change: {say_list(told, most=3)}."


def tell_table(churn: DatabaseChurn, table: TableName) -> tuple[str, ...]:
    """One table's churn in sentences: how much, what, how unevenly, and what happened to it."""
    entry = churn[table]
    name = say_table(table)
    if not entry.events:
        return (f"{name}: no row changed {tell_window(churn)}.", *_as_note(entry))
    rate = entry.events_per_minute
    pace = (
        f"{say_number(rate)} row changes a minute" if rate is not None else f"{say_count(entry.events, 'row change')}"
    )
    mix = [(what, count) for what, count in _mix(entry) if count]
    parts = say_list(f"{say_share(count / entry.events)} {what}" for what, count in mix)
    said = [
        f"{name}: {pace} {tell_window(churn)}, {say_share(churn.share(table))} of the database's.",
        f"It is {parts}.",
    ]
    if entry.peak_per_minute is not None:
        said.append(f"Its busiest interval ran at {say_number(entry.peak_per_minute)} row changes a minute.")
    if entry.quiet_share:
        said.append(f"In {say_share(entry.quiet_share)} of the time no row changed.")
    if entry.wal is not None and entry.wal.events:
        said.append(f"The largest transaction wrote {say_count(entry.wal.largest_transaction, 'row')} of it.")
    return (*said, *_as_note(entry))


def _mix(entry: Churn) -> list[tuple[str, int]]:
    return sorted(
        [("inserts", entry.inserts), ("updates", entry.updates), ("deletes", entry.deletes)], key=lambda part: -part[1]
    )


def tell_note(entry: Churn) -> str:
    """What happened to the table itself, and what it did before the window if it was quiet in it."""
    told = [entry.note] if entry.note else []
    if entry.earlier is not None and entry.earlier.events:
        told.append(f"quiet now, {say_count(entry.earlier.events, 'row change')} since the counters began")
    return "; ".join(told)


def _as_note(entry: Churn) -> list[str]:
    note = tell_note(entry)
    return [f"Note: {note}."] if note else []
