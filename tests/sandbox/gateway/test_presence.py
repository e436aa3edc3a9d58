"""What others are told of who is present."""

from __future__ import annotations

from realtime_advisor.sandbox.gateway.presence import Presence


def test_each_change_is_told_once() -> None:
    presence = Presence()
    first = presence.track("a channel", "ann", {"page": 1})
    assert first == {"joins": {"ann": {"metas": [{"page": 1, "phx_ref": "F00000001"}]}}, "leaves": {}}
    assert presence.track("a channel", "ann", {"page": 1}) is None
    moved = presence.track("a channel", "ann", {"page": 2})
    assert moved == {
        "joins": {"ann": {"metas": [{"page": 2, "phx_ref": "F00000002", "phx_ref_prev": "F00000001"}]}},
        "leaves": {"ann": {"metas": [{"page": 1, "phx_ref": "F00000001"}]}},
    }
    gone = presence.untrack("a channel")
    assert gone is not None
    assert list(gone["leaves"]) == ["ann"]
    assert presence.untrack("a channel") is None
    assert presence.state() == {}


def test_two_channels_of_one_key_are_two_metas() -> None:
    presence = Presence()
    presence.track("at home", "ann", {})
    presence.track("at work", "ann", {})
    assert len(presence.state()["ann"]["metas"]) == 2
    presence.untrack("at home")
    assert len(presence.state()["ann"]["metas"]) == 1
