"""Who is present on a topic: metas by key, and what a change of them tells the others. Pure: no I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

Meta = dict[str, Any]
State = dict[str, Any]  # by key: {"metas": [...]}, as JSON


class Presence:
    """The presence of one topic; an owner is a channel, which holds at most one meta."""

    def __init__(self) -> None:
        self._held: dict[Hashable, tuple[str, Meta]] = {}
        self._refs = 0

    def state(self) -> State:
        """Every key with its metas, as `presence_state` tells them."""
        return _group(self._held.values())

    def track(self, owner: Hashable, key: str, payload: Mapping[str, Any]) -> dict[str, State] | None:
        """The owner's meta from now on; the diff that everyone hears, None if nothing changed."""
        before = self._held.get(owner)
        if before is not None and _payload(before[1]) == payload:
            return None
        self._refs += 1
        meta: Meta = {**payload, "phx_ref": f"F{self._refs:08X}"}
        if before is not None:
            meta["phx_ref_prev"] = before[1]["phx_ref"]
        self._held[owner] = (key, meta)
        return _diff(joins=[(key, meta)], leaves=[before] if before else [])

    def untrack(self, owner: Hashable) -> dict[str, State] | None:
        """The owner is gone; the diff that everyone hears, None if it was not present."""
        before = self._held.pop(owner, None)
        return None if before is None else _diff(joins=[], leaves=[before])


def _diff(joins: Iterable[tuple[str, Meta]], leaves: Iterable[tuple[str, Meta]]) -> dict[str, State]:
    return {"joins": _group(joins), "leaves": _group(leaves)}


def _group(held: Iterable[tuple[str, Meta]]) -> State:
    metas: defaultdict[str, list[Meta]] = defaultdict(list)
    for key, meta in held:
        metas[key].append(meta)
    return {key: {"metas": found} for key, found in metas.items()}


def _payload(meta: Meta) -> Meta:
    return {name: value for name, value in meta.items() if name not in ("phx_ref", "phx_ref_prev")}
