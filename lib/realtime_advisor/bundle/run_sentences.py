"""What a run was, in sentences that the bundle's pages share."""

from __future__ import annotations

from realtime_advisor.display.wording import say_count
from realtime_advisor.model import Advice, Place, WholeProof
from realtime_advisor.model.design import WORKSHOP_TRAFFIC


def tell_run(advice: Advice, place: Place | None = None) -> str:
    """Which server was observed, and for how long: a part of a sentence, without clocks.

    'PostgreSQL 18.0, watched for 60 seconds'; a `place` stands behind the version.
    """
    where = f", {tell_place(place)}" if place else ""
    return f"PostgreSQL {advice.server.version}{where}, {_window(advice)}"


def tell_place(place: Place) -> str:
    """Which database, and where, as far as it is known.

    >>> tell_place(Place("app", "db.example.com:5432")), tell_place(Place("app", None))
    ('database app on db.example.com:5432', 'database app')
    """
    return f"database {place.database}" + (f" on {place.host}" if place.host else "")


def _window(advice: Advice) -> str:
    seconds = advice.churn.seconds
    if seconds is None:
        return "judged by its counters since they began"
    if advice.window == WORKSHOP_TRAFFIC:
        return f"the embedded workshop database, watched for {say_count(round(seconds), 'second')} of its traffic"
    if advice.window == "since reset":
        return "judged by its counters since they were reset"
    how = "recorded over" if advice.window == "recorded" else "watched for"
    return f"{how} {say_count(round(seconds), 'second')}"


def tell_whole(whole: WholeProof | None) -> str:
    """Whether all scripts are proved as one migration, which has policies of its own."""
    if whole is None:
        return "All tables at once were not tried: try that on a staging database first."
    if whole.holds:
        return f"All tables at once are proved too. {whole.reason}"
    return (
        f"All tables at once are not proved: {whole.reason} Apply one table at a time, or on a staging database first."
    )
