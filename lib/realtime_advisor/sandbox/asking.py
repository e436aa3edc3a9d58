"""Many questions of one user at once: what authorize() answers one by one, in two round trips."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from typing import Any, Final
from uuid import uuid4

from .realtime import EXTENSIONS, Access, Claims, Connection, Cursor, become_admin, become_user, make_access

_ASK: Final = resources.files(__package__).joinpath("asking.sql").read_bytes()


def authorize_all(
    connection: Connection, topics: Sequence[str], claims: Claims | None, *, as_admin: bool = True
) -> list[Access]:
    """What authorize() says of each topic, in their order. Everything is rolled back. Raises psycopg.Error.

    Without `as_admin` the probe rows are inserted by the session's own role: by postgres, where there is no superuser.
    """
    bearer: Claims = {"role": "anon"} if claims is None else claims
    if not topics:
        return []
    with connection.transaction(force_rollback=True), connection.cursor() as cursor:
        if as_admin:
            become_admin(cursor)
        asked = _insert_probes(cursor, topics)
        cursor.execute("select set_config('proof.topics', %s, true)", [json.dumps(asked)])
        become_user(cursor, topics[0], bearer)
        cursor.execute(_ASK)
        cursor.execute("select current_setting('proof.answers')::jsonb")
        found: Any = cursor.fetchone()
    answers = found[0] if isinstance(found, tuple) else next(iter(found.values()))
    return [make_access(set(answer["readable"]), set(answer["writable"]), answer["failure"]) for answer in answers]


def _insert_probes(cursor: Cursor, topics: Sequence[str]) -> list[dict[str, Any]]:
    """A probe row for each topic and extension, with nothing but id, topic, extension and timestamps."""
    asked: list[dict[str, Any]] = [{"topic": topic, "probes": [str(uuid4()) for _ in EXTENSIONS]} for topic in topics]
    rows = [
        (probe, one["topic"], extension)
        for one in asked
        for probe, extension in zip(one["probes"], EXTENSIONS, strict=True)
    ]
    cursor.execute(
        "insert into realtime.messages (id, topic, extension, inserted_at, updated_at)"
        " select probe.id, probe.topic, probe.extension, timezone('UTC', now()), timezone('UTC', now())"
        " from unnest(%s::uuid[], %s::text[], %s::text[]) as probe(id, topic, extension)",
        [list(column) for column in zip(*rows, strict=True)],
    )
    return asked
