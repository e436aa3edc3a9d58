"""The decision framework's own SQL, word for word, tried as generated scripts are: a museum of what goes wrong."""

from ..mutants import MUTANTS, spoil
from .exhibits import EXHIBITS, Exhibit, exhibit
from .museum import tour, try_framework, try_mended

__all__ = ["EXHIBITS", "MUTANTS", "Exhibit", "exhibit", "spoil", "tour", "try_framework", "try_mended"]
