"""A channel that knows which of its topic's joins a message of the server is about."""

from __future__ import annotations

from realtime import AsyncRealtimeChannel, AsyncRealtimeClient
from realtime.message import ChannelCloseMessage, ChannelErrorMessage, ServerMessage


class Channel(AsyncRealtimeChannel):
    """The client's channel, without its mistake: it takes the end of an earlier join of the topic for its own end.

    The server tells of that end after it has answered the leave, when the topic may be joined anew already, and once
    more when a topic is joined twice.
    """

    def _handle_message(self, message: ServerMessage) -> None:
        if isinstance(message, ChannelCloseMessage | ChannelErrorMessage) and message.ref not in (
            None,
            self.join_push.ref,
        ):
            return
        super()._handle_message(message)


def open_channel(client: AsyncRealtimeClient, topic: str, private: bool) -> Channel:
    """A new channel of the topic, in the place of one that is left."""
    channel = Channel(
        client,
        f"realtime:{topic}",
        {
            "config": {
                "private": private,
                "broadcast": {"ack": False, "self": False},
                "presence": {"key": "", "enabled": False},
            }
        },
    )
    client.channels[channel.topic] = channel
    return channel
