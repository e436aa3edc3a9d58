"""Rules about the server: its replication slots and the WAL that they keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_advisor.model import ReplicationSlot

from .rules import Found, Rule, World
from .wording import bytes_told, literal, named

MUCH_WAL: Final = 1 << 30


def _lasting(world: World) -> Iterator[ReplicationSlot]:
    return (slot for slot in world.setup.slots or () if not slot.temporary)


def _endangers(slot: ReplicationSlot) -> bool:
    return (slot.lag_bytes or 0) > MUCH_WAL or slot.wal_status in ("unreserved", "lost")


def _unread(world: World, *, dangerous: bool) -> Iterator[Found]:
    for slot in _lasting(world):
        if slot.active or _endangers(slot) is not dangerous:
            continue
        lost = slot.wal_status == "lost"
        keeps = "lost WAL that it needed" if lost else f"keeps {_kept(slot)} of WAL, which only grows"
        yield Found(
            None,
            f"The replication slot {named(slot.name)} has no reader and {keeps}.",
            "It can never be read again; drop it:" if lost else "Start its reader; if there is none any more, drop it:",
            f"select pg_drop_replication_slot({literal(slot.name)});",
        )


def _kept(slot: ReplicationSlot) -> str:
    return "an unknown amount" if slot.lag_bytes is None else bytes_told(slot.lag_bytes)


def _unread_danger(world: World) -> Iterator[Found]:
    return _unread(world, dangerous=True)


def _unread_warning(world: World) -> Iterator[Found]:
    return _unread(world, dangerous=False)


def _behind(world: World) -> Iterator[Found]:
    for slot in _lasting(world):
        if slot.active and _endangers(slot):
            yield Found(
                None,
                f"The reader of the replication slot {named(slot.name)} is {_kept(slot)} of WAL behind.",
                "See why it does not keep up: a long transaction, a bulk write, or too many subscriptions.",
            )


def _hidden(world: World) -> Iterator[Found]:
    if world.setup.slots is None:
        yield Found(
            None,
            f"The replication slots are hidden from the role {named(world.catalog.server.role)}: "
            "whether one keeps WAL is unknown.",
            "Run the audit as a role that may read pg_replication_slots.",
        )


def _unlimited(world: World) -> Iterator[Found]:
    if world.setup.max_slot_wal_keep_bytes is None:
        yield Found(
            None,
            "max_slot_wal_keep_size is unlimited: one slot without a reader can fill the disk and stop the server.",
            "Limit it as a superuser; on Supabase with supabase postgres-config update:",
            "alter system set max_slot_wal_keep_size = '4GB'; select pg_reload_conf();",
        )


def _not_logical(world: World) -> Iterator[Found]:
    if world.setup.wal_level != "logical":
        yield Found(
            None,
            f"wal_level is {world.setup.wal_level}: Postgres Changes cannot run here, nor can the WAL be decoded.",
            "Set wal_level = logical and restart the server, if Postgres Changes is wanted.",
        )


RULES: Final = (
    Rule("slot_endangers_disk", "danger", "a slot without a reader, above 1 GB or at the limit", _unread_danger),
    Rule("slot_keeps_wal", "warning", "a slot without a reader", _unread_warning),
    Rule("slot_is_behind", "warning", "a slot whose reader is more than 1 GB behind", _behind),
    Rule("slots_hidden", "note", "slots that this role may not see", _hidden),
    Rule("slot_wal_unlimited", "note", "no max_slot_wal_keep_size", _unlimited),
    Rule("wal_level_not_logical", "note", "a wal_level that cannot be decoded", _not_logical),
)
