"""Which database a target is, so that a history knows it again."""

from __future__ import annotations

from hashlib import sha256

from realtime_advisor.model import DatabaseIdentity

from .target import Target


def identify(target: Target) -> DatabaseIdentity:
    """The target's database: the same through a pooler, after a change of its host's name, and on a standby.

    Known by the cluster's system identifier and the database's oid. Where the role may not execute
    pg_control_system(), by the database's name and oid and the server's major version, which two servers may share.
    Raises AdvisorError.
    """
    (found,) = target.read("identity")
    cluster = target.read("system_identifier")[0][0] if found.may_read_control else f"{found.name} {found.major}"
    return DatabaseIdentity(sha256(f"{cluster} {found.database_oid}".encode()).hexdigest()[:12], found.name)
