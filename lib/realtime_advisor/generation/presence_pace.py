"""Whether Presence can carry what was measured: a client's calls and a project's messages are limited."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_advisor.model import Churn, Table
from realtime_advisor.reference import Limits, Plan, load_limits

_CALLS = "presence_calls_per_30_seconds"
_MESSAGES = "presence_messages_per_second"


def presence_pace(table: Table, churn: Churn | None) -> Iterator[str]:
    """One sentence where the measured updates are more than Presence takes on the smallest plan; else none.

    Each update is taken for one call, and each row for one client's: rows of users who left make the pace look lower.
    """
    told = churn.earlier if churn is not None and not churn.events and churn.earlier else churn
    per_minute = told.updates_per_minute if told is not None else None
    if per_minute is None:
        return
    limits, rows = load_limits(), table.estimated_rows
    per_second, each = per_minute / 60, per_minute / rows / 2 if rows else None
    calls, messages = (min(limits.quota_of(quota, plan) for plan in Plan) for quota in (_CALLS, _MESSAGES))
    if per_second <= messages and (each is None or each <= calls):
        return
    of_each = f" ({_number(each)} in 30 seconds for each row)" if each is not None else ""
    yield (
        f"{table.name} was measured at {_number(per_minute)} updates a minute{of_each}, {_number(per_second)} a second "
        f"in all, and Presence takes {_number(calls)} calls of one client in 30 seconds and, of a whole project, "
        f"{_by_plan(limits)} messages a second: at this pace let clients send it by Broadcast instead."
    )


def _by_plan(limits: Limits) -> str:
    """What the plans allow, those that allow the same as one.

    >>> _by_plan(load_limits())
    '20 (free), 50 (pro), 1,000 (pro_uncapped, team)'
    """
    plans: dict[float, list[str]] = {}
    for plan in Plan:
        plans.setdefault(limits.quota_of(_MESSAGES, plan), []).append(plan.value)
    return ", ".join(f"{_number(allowed)} ({', '.join(names)})" for allowed, names in plans.items())


def _number(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")
