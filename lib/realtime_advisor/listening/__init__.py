"""Listen to topics from Python, for notebooks and workers: what is generated for TypeScript, with the same meaning.

A message says that something changed, not what is true now, and any message may be lost. So a listener refetches
whenever it is told, and whenever it may have missed something: at its first join, at each join after a loss, and slowly
for what never came.
"""

from .listener import Listener, topic_of
from .subscription import Subscription

__all__ = ["Listener", "Subscription", "topic_of"]
