"""A channel server on loopback that speaks Realtime's protocol: an instrument, not a server to deploy."""

from .faults import Faults
from .gateway import Gateway

__all__ = ["Faults", "Gateway"]
