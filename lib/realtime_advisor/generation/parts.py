"""What the scripts of one design, or of many, are made of: each thing once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from realtime_advisor.model import Design

from .entitlement import needs_encoding
from .grants import Grant, told_by
from .policies import entitlement_function, entitlement_name
from .rendering import Fragment
from .triggers import trigger_function
from .watching import Watched, watched_tables


@dataclass(frozen=True, slots=True)
class Parts:
    """Designs with the tables they watch, and the functions by name."""

    designs: tuple[Design, ...]
    watched: tuple[tuple[Design, Watched], ...]
    helpers: Mapping[str, Fragment]
    callbacks: Mapping[str, Fragment]
    grants: tuple[Grant, ...]

    @property
    def encodes(self) -> bool:
        """Whether ids are of a type whose text has to be encoded in a topic."""
        return any(
            needs_encoding(emission.scope.key_type) for design in self.designs for _, emission in told_by(design)
        )


def take_apart(designs: Sequence[Design], grants: tuple[Grant, ...]) -> Parts:
    """The parts of these designs, in their order."""
    watched = tuple((design, table) for design in designs if design.emissions for table in watched_tables(design))
    told = [emission for design in designs for _, emission in told_by(design)]
    return Parts(
        tuple(designs),
        watched,
        {entitlement_name(emission): entitlement_function(emission) for emission in told},
        {table.function: trigger_function(design, table) for design, table in watched},
        grants,
    )
