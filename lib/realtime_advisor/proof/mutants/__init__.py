"""Scripts broken on purpose, one fault each, to prove the prover: each must be caught by the step meant for it."""

from typing import Final

from .installing import INSTALLING
from .joining import JOINING
from .surgery import Mutant
from .writing import WRITING

MUTANTS: Final[tuple[Mutant, ...]] = (*WRITING, *JOINING, *INSTALLING)

__all__ = ["MUTANTS", "Mutant"]
