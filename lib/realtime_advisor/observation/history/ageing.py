"""Dropping what has grown old, so that what is left can still be read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from .tables import counters, documents, happenings, relations, samplings, segments, snapshots


def drop_older(connection: Connection, cut: datetime) -> int:
    """Drop segments that began before `cut`, and what only they needed; the number of readings dropped.

    Of each database the latest catalogue and the latest decisions stay, however old.
    """
    old = select(segments.c.id).where(segments.c.recorded_at < cut).scalar_subquery()
    readings = select(snapshots.c.id).where(snapshots.c.segment_id.in_(old)).scalar_subquery()
    connection.execute(delete(counters).where(counters.c.snapshot_id.in_(readings)))
    dropped = connection.execute(delete(snapshots).where(snapshots.c.segment_id.in_(old))).rowcount
    connection.execute(delete(segments).where(segments.c.recorded_at < cut))
    _drop_empty_samplings(connection, cut)
    _drop_superseded(connection, cut)
    if dropped:
        _drop_unmentioned(connection)
    return dropped


def _drop_empty_samplings(connection: Connection, cut: datetime) -> None:
    empty = (
        select(samplings.c.id)
        .where(samplings.c.recorded_at < cut, samplings.c.id.not_in(select(segments.c.sampling_id)))
        .scalar_subquery()
    )
    connection.execute(delete(happenings).where(happenings.c.sampling_id.in_(empty)))
    connection.execute(delete(samplings).where(samplings.c.id.in_(empty)))


def _drop_superseded(connection: Connection, cut: datetime) -> None:
    """A catalogue counts until the next one, so the one before `cut` may still be that of readings after it."""
    latest = (
        select(func.max(documents.c.id))
        .where(documents.c.recorded_at < cut)
        .group_by(documents.c.database_id, documents.c.kind)
        .scalar_subquery()
    )
    connection.execute(delete(documents).where(documents.c.recorded_at < cut, documents.c.id.not_in(latest)))


def _drop_unmentioned(connection: Connection) -> None:
    """Names of relations that no reading mentions any more."""
    mentioned = select(counters.c.relation_id).where(counters.c.relation_id == relations.c.id).exists()
    connection.execute(delete(relations).where(~mentioned))
