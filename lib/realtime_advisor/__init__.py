"""Decide, table by table, how a Postgres database should speak to clients in real time.

Each name is imported when it is first asked for: a command does not wait for figures that it never draws.
"""

from typing import TYPE_CHECKING, Final

__all__ = [
    "Option",
    "TableName",
    "advise",
    "audit",
    "check",
    "compare",
    "connect",
    "decide",
    "design",
    "export",
    "feeds_of",
    "figures",
    "generate",
    "generate_client",
    "keep_answer",
    "load_answers",
    "load_matrix",
    "measure_churn",
    "museum",
    "observe",
    "open_history",
    "pick",
    "prove",
    "read_catalog",
    "read_statements",
    "read_wal",
    "run_traffic",
    "show",
    "take_snapshot",
    "widgets",
]

# Where each name is at home: `module:name`, or `module:` for a module itself.
_HOMES: Final = {
    "Option": "model:Option",
    "TableName": "model:TableName",
    "advise": "journey:advise",
    "audit": "journey:audit",
    "check": "bundle.drift.check:check",
    "compare": "bundle.compare:compare",
    "connect": "targets:connect",
    "decide": "decision.decide:decide",
    "design": "generation.design:design",
    "export": "bundle.export:export",
    "feeds_of": "targets:feeds_of",
    "figures": "display.figures:",
    "generate": "generation.sql:generate",
    "generate_client": "generation.client:generate_client",
    "keep_answer": "bundle.kept_answers:keep_answer",
    "load_answers": "bundle.kept_answers:load_answers",
    "load_matrix": "reference:load_matrix",
    "measure_churn": "decision.churn:measure_churn",
    "museum": "proof.framework:",
    "observe": "journey:observe",
    "open_history": "observation.history:open_history",
    "pick": "display.picking:pick",
    "prove": "proof.prove:prove",
    "read_catalog": "observation.catalog:read_catalog",
    "read_statements": "observation.statements:read_statements",
    "read_wal": "journey:read_wal",
    "run_traffic": "targets:run_traffic",
    "show": "display.show:show",
    "take_snapshot": "observation.counters:take_snapshot",
    "widgets": "display.widgets:",
}

if TYPE_CHECKING:  # the same, for type checkers and editors
    from .bundle.compare import compare
    from .bundle.drift.check import check
    from .bundle.export import export
    from .bundle.kept_answers import keep_answer, load_answers
    from .decision.churn import measure_churn
    from .decision.decide import decide
    from .display import figures, widgets
    from .display.picking import pick
    from .display.show import show
    from .generation.client import generate_client
    from .generation.design import design
    from .generation.sql import generate
    from .journey import advise, audit, observe, read_wal
    from .model import Option, TableName
    from .observation.catalog import read_catalog
    from .observation.counters import take_snapshot
    from .observation.history import open_history
    from .observation.statements import read_statements
    from .proof import framework as museum
    from .proof.prove import prove
    from .reference import load_matrix
    from .targets import connect, feeds_of, run_traffic
else:

    def __getattr__(name: str) -> object:
        """Import the name where it is at home, and keep it."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from pkgutil import resolve_name

        globals()[name] = found = resolve_name(f"{__name__}.{_HOMES[name]}")
        return found


def __dir__() -> list[str]:
    return [*__all__]
