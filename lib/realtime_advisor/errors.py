"""Every exception a user can meet, and its wording: subject, fact, next step, in one sentence or two.

Nothing here imports anything else of the package.
"""

from __future__ import annotations


class AdvisorError(Exception):
    """A condition the user can act on; `str()` of it is fit for a terminal: one line, no secret."""

    def __init__(self, sentence: str) -> None:
        super().__init__(" ".join(sentence.split()))

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of a traceback: the sentence alone."""
        return [f"{type(self).__name__}: {self}"]


class ConnectionFailed(AdvisorError):
    """The target cannot be reached or refuses us."""


class UnsupportedServer(AdvisorError):
    """The server is older than PostgreSQL 14, or is not PostgreSQL."""


class MissingPrivilege(AdvisorError):
    """The role lacks a right that a read needs."""


class EmptyDatabase(AdvisorError):
    """The database has no user tables to decide about."""


class UnknownTable(AdvisorError):
    """A table was named that the catalogue does not have."""


class BadInput(AdvisorError):
    """An answer, a setting or a data file does not mean anything here."""


class NoServerBinaries(AdvisorError):
    """No PostgreSQL binaries can be run on this machine, so there is no embedded server."""


class SandboxFailed(AdvisorError):
    """The embedded server could not be started or prepared."""


class ListeningFailed(AdvisorError):
    """Realtime cannot be reached, refuses a topic, or has interrupted the listening to it."""


class ScriptRefused(AdvisorError):
    """SQL cannot be generated honestly for this table; the sentence says what is missing."""


class ExportFailed(AdvisorError):
    """The bundle could not be written."""


class HistoryFailed(AdvisorError):
    """The history cannot be opened, read or written."""
