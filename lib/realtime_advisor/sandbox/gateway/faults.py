"""What a test wants to go wrong."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(slots=True)
class Faults:
    """Set an attribute and it holds from the next message on, until it is set back.

    `delay_seconds` is how long everything that the gateway says stays on the way, in order. With `refusal` set, joins
    are refused for that reason; `refused_topic` narrows it to one topic. Without `is_reachable`, nobody can connect.
    """

    delay_seconds: float = 0.0
    refusal: str | None = None
    refused_topic: str | None = None
    is_reachable: bool = True

    def reset(self) -> None:
        """Nothing goes wrong any more."""
        for each in fields(self):
            setattr(self, each.name, each.default)

    def refuses(self, topic: str) -> str | None:
        """The reason why a join of this topic is refused, None if it is not."""
        return self.refusal if self.refused_topic in (None, topic) else None
