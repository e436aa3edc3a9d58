"""Phoenix messages, as bytes on the wire and back."""

from __future__ import annotations

import json

import pytest

from realtime_advisor.sandbox.gateway.frames import (
    V1,
    V2,
    Broadcast,
    Frame,
    FrameRefused,
    decode,
    encode,
    encode_broadcast,
)

JOIN = Frame("realtime:room", "phx_join", {"config": {}}, ref="1", join_ref="1")


def push(topic: str, event: str, body: str, encoding: int = 1) -> bytes:
    """A client's binary broadcast, written out as supabase-js writes it."""
    texts = [text.encode() for text in ("4", "7", topic, event, "")]
    return bytes([3, *map(len, texts), encoding]) + b"".join(texts) + body.encode()


def test_version_1_is_an_object_and_version_2_an_array() -> None:
    as_object = '{"topic":"realtime:room","event":"phx_join","payload":{"config":{}},"ref":"1","join_ref":"1"}'
    assert decode(as_object, V1) == JOIN
    assert decode('["1","1","realtime:room","phx_join",{"config":{}}]', V2) == JOIN
    assert json.loads(encode(JOIN, V1))["payload"] == {"config": {}}
    assert json.loads(encode(JOIN, V2)) == ["1", "1", "realtime:room", "phx_join", {"config": {}}]


def test_a_binary_broadcast_measures_its_texts_in_bytes() -> None:
    frame = decode(push("realtime:caffè", "né", '{"text":"日本"}'), V2)
    assert (frame.topic, frame.event, frame.ref, frame.join_ref) == ("realtime:caffè", "broadcast", "7", "4")
    assert frame.payload == {"type": "broadcast", "event": "né", "payload": {"text": "日本"}}


def test_a_broadcast_carries_its_json_untouched() -> None:
    broadcast = Broadcast("changed", '{"price": 1.10}', "an-id")
    as_object = encode_broadcast("realtime:room", broadcast, V1)
    assert isinstance(as_object, str)
    assert '"payload":{"price": 1.10}' in as_object
    assert json.loads(as_object)["payload"]["meta"] == {"id": "an-id"}
    as_bytes = encode_broadcast("realtime:room", broadcast, V2)
    assert as_bytes == bytes([4, 13, 7, 14, 1]) + b'realtime:roomchanged{"id":"an-id"}{"price": 1.10}'


@pytest.mark.parametrize(("length", "is_carried"), [(246, True), (247, False)])
def test_a_topic_over_246_bytes_reaches_no_client_of_version_2(length: int, is_carried: bool) -> None:
    wire = encode_broadcast("realtime:" + "x" * length, Broadcast("changed", "{}"), V2)
    assert (wire is not None) is is_carried


@pytest.mark.parametrize(
    "wire",
    [
        "nonsense",
        "[]",
        "{}",
        '["1","1",2,"phx_join",{}]',
        b"",
        b"\x00\x01",
        push("t", "e", "{", 1),
        push("t", "e", "{}", 0),
        push("t", "e", "{}")[:4],
    ],
)
def test_what_is_no_message_is_refused(wire: str | bytes) -> None:
    with pytest.raises(FrameRefused):
        decode(wire, V2)
