"""What was observed and decided, kept in SQLite or any Postgres: readings, catalogues, decisions, happenings.

Append-only: what is recorded is never changed, only dropped when it has grown old.
"""

from .history import History, open_history
from .store import folder_beside, make_absolute

__all__ = ["History", "folder_beside", "make_absolute", "open_history"]
