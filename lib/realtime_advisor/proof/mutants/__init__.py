"""Scripts broken on purpose, one fault each, to prove the prover: each must be caught by the step meant for it."""

from typing import Final

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Script

from .installing import INSTALLING
from .joining import JOINING
from .surgery import Mutant
from .writing import WRITING

MUTANTS: Final[tuple[Mutant, ...]] = (*WRITING, *JOINING, *INSTALLING)


def spoil(script: Script, name: str) -> Script:
    """The script with the fault of that mutant. Raises BadInput where there is no such mutant, or nothing to spoil."""
    for mutant in MUTANTS:
        if mutant.name == name:
            try:
                return mutant.spoil(script)
            except ValueError as error:
                raise BadInput(f"{name} cannot be tried here: {error} Choose another mutant.") from error
    raise BadInput(f"There is no mutant {name}. There are {', '.join(mutant.name for mutant in MUTANTS)}.")


__all__ = ["MUTANTS", "Mutant", "spoil"]
