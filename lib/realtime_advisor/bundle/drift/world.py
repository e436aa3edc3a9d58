"""A target as it stands now: its catalogue and set-up, read once for every part of a check."""

from __future__ import annotations

from dataclasses import dataclass

from realtime_advisor.model import Catalog, Setup
from realtime_advisor.observation.catalog import read_catalog
from realtime_advisor.observation.setup import read_setup
from realtime_advisor.observation.target import Target


@dataclass(frozen=True)
class World:
    """What the parts of a check look at."""

    catalog: Catalog
    setup: Setup


def read_world(target: Target) -> World:
    """The target's catalogue and set-up. Raises AdvisorError."""
    return World(read_catalog(target), read_setup(target))
