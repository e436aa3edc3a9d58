"""Phoenix messages as text or bytes, in the two versions that clients speak: 1.0.0 (Python) and 2.0.0 (supabase-js).

Version 1 is a JSON object, version 2 a JSON array. In version 2 a broadcast is binary: a head of lengths, then UTF-8.
Pure: no I/O.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

Payload: TypeAlias = dict[str, Any]
Wire: TypeAlias = str | bytes

V1: Final = "1.0.0"
V2: Final = "2.0.0"
BROADCAST: Final = "broadcast"

_PUSH: Final = 3  # a broadcast from a client
_DELIVERY: Final = 4  # a broadcast to a client
_JSON: Final = 1
_LONGEST: Final = 255  # a length is one byte


class FrameRefused(Exception):
    """Something that is no message of the protocol."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of a channel, in either direction."""

    topic: str
    event: str
    payload: Payload = field(default_factory=dict)
    ref: str | None = None
    join_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A broadcast on its way to clients; `body` is JSON as it was written, `message_id` a database message's."""

    event: str
    body: str
    message_id: str | None = None


def decode(wire: Wire, version: str) -> Frame:
    """The message that a client sent. Raises FrameRefused."""
    try:
        if isinstance(wire, bytes):
            return _decode_push(wire)
        return _decode_array(wire) if version == V2 else _decode_object(wire)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise FrameRefused(f"no message of version {version}: {error}") from None


def encode(frame: Frame, version: str) -> Wire:
    """A message to a client.

    >>> encode(Frame("realtime:t", "phx_close", {}, "7", "7"), "2.0.0")
    '["7","7","realtime:t","phx_close",{}]'
    >>> encode(Frame("realtime:t", "phx_close", {}, "7", "7"), "1.0.0")
    '{"topic":"realtime:t","event":"phx_close","payload":{},"ref":"7"}'
    """
    if version == V2:
        return _json([frame.join_ref, frame.ref, frame.topic, frame.event, frame.payload])
    return _json({"topic": frame.topic, "event": frame.event, "payload": frame.payload, "ref": frame.ref})


def encode_broadcast(topic: str, broadcast: Broadcast, version: str) -> Wire | None:
    """A broadcast to a client; None if version 2 cannot carry it, because topic or event is longer than 255 bytes."""
    meta = None if broadcast.message_id is None else _json({"id": broadcast.message_id})
    if version == V2:
        return _encode_delivery(
            topic.encode(), broadcast.event.encode(), (meta or "").encode(), broadcast.body.encode()
        )
    rest = "" if meta is None else f',"meta":{meta}'
    payload = f'{{"event":{_json(broadcast.event)},"payload":{broadcast.body},"type":"broadcast"{rest}}}'
    return f'{{"topic":{_json(topic)},"event":"broadcast","payload":{payload},"ref":null}}'


def _encode_delivery(topic: bytes, event: bytes, meta: bytes, body: bytes) -> bytes | None:
    sizes = (len(topic), len(event), len(meta))
    if max(sizes) > _LONGEST:
        return None
    return bytes((_DELIVERY, *sizes, _JSON)) + topic + event + meta + body


def _decode_array(text: str) -> Frame:
    join_ref, ref, topic, event, payload = json.loads(text)[:5]
    return _frame(topic, event, payload, ref, join_ref)


def _decode_object(text: str) -> Frame:
    message = json.loads(text)
    return _frame(message["topic"], message["event"], message["payload"], message["ref"], message.get("join_ref"))


def _frame(topic: Any, event: Any, payload: Any, ref: Any, join_ref: Any) -> Frame:
    if not isinstance(topic, str) or not isinstance(event, str):
        raise ValueError("topic and event are text")
    return Frame(topic, event, payload if isinstance(payload, dict) else {}, ref, join_ref)


def _decode_push(data: bytes) -> Frame:
    """A client's binary broadcast: kind, six lengths or codes, five texts, and the body."""
    if data[0] != _PUSH or data[6] != _JSON:
        raise ValueError("only broadcasts of JSON come as bytes")
    texts, at = [], 7
    for size in data[1:6]:
        texts.append(data[at : at + size].decode())
        at += size
    join_ref, ref, topic, event, _ = texts
    payload = {"type": BROADCAST, "event": event, "payload": json.loads(data[at:])}
    return Frame(topic, BROADCAST, payload, ref or None, join_ref or None)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))  # ASCII, which a half of a surrogate pair survives
