"""Choices: a widget holds one, a pure function renders it, the observer is one assignment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from html import escape
from typing import Any, Final

import ipywidgets

from realtime_advisor.decision.decide import decide
from realtime_advisor.errors import ScriptRefused
from realtime_advisor.generation.client import generate_client
from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import Catalog, DatabaseChurn, Decisions, Feed, Option, Script, TableName
from realtime_advisor.reference import Matrix

from .clients import show_client
from .designs import show_design
from .palette import OPTIONS
from .picking import find_table, pick
from .sentences import tell_table, tops
from .tables import show_changes, show_decision, show_findings, show_flips
from .views import Listing, Stack, View, Words
from .wording import is_number, say_share, say_table

_STEPS: Final[dict[str, Callable[[Script], str]]] = {
    "1 functions": lambda script: script.functions,
    "2 triggers": lambda script: script.triggers,
    "3 policies": lambda script: script.policies,
    "check": lambda script: script.check,
    "down": lambda script: script.down,
}
_CLIENT: Final = "client"


class Chooser:
    """Widgets that hold choices, above what `render` makes of them, and what `live` adds, which is stored nowhere."""

    def __init__(
        self, controls: Mapping[str, Any], render: Callable[..., View], live: Callable[..., str] | None = None
    ) -> None:
        self.controls = dict(controls)
        self.render = render
        self.live = live
        self.body = ipywidgets.HTML()
        self.box = ipywidgets.VBox([*self.controls.values(), self.body])
        for control in self.controls.values():
            control.observe(self._update, "value")
        self._update()

    def _update(self, _change: object = None) -> None:
        added = f"<p>{escape(self.live(**self.values))}</p>" if self.live else ""
        self.body.value = f'<div class="jp-RenderedHTMLCommon">{self.shown.html}{added}</div>'

    @property
    def values(self) -> dict[str, Any]:
        """What is chosen now."""
        return {name: control.value for name, control in self.controls.items()}

    @property
    def shown(self) -> View:
        """What is shown for it."""
        return self.render(**self.values)

    def choose(self, **values: object) -> View:
        """Set choices, as a hand on the widget would, and return what is shown for them.

        A table may be chosen by its name. Raises UnknownTable for one that there is not.
        """
        for name, value in values.items():
            control = self.controls[name]
            control.value = find_table(value, [table for _, table in control.options]) if name == "table" else value
        return self.shown

    def turn(self) -> View:
        """Move the first choice on to its next value, as an arrow key would, and return what is shown for it."""
        control = next(iter(self.controls.values()))
        control.index = ((control.index or 0) + 1) % len(control.options) if control.options else None
        return self.shown

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        return {**self.box._repr_mimebundle_(**options), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return "A choice of " + ", ".join(f"{name} (now {value})" for name, value in self.values.items())


def choose_churn(churn: DatabaseChurn) -> Chooser:
    """A table, busiest first, and its churn in sentences."""
    names = [entry.table for entry in tops(churn)]
    return Chooser({"table": _tables(names)}, partial(_churn_of, churn), partial(_hot_of, churn))


def _churn_of(churn: DatabaseChurn, table: TableName | None) -> View:
    return Words(tell_table(churn, table) if table else ("There is no table to choose.",))


def _hot_of(churn: DatabaseChurn, table: TableName | None) -> str:
    """HOT updates differ from run to run even for the same statements: people see them, files do not."""
    share = churn[table].hot_share if table else None
    return "" if share is None else f"{say_share(share)} of its updates were HOT: they wrote no index."


def choose_decision(decisions: Decisions) -> Chooser:
    """A table, and why it was decided as it was."""
    return Chooser({"table": _tables(decisions, _first(decisions))}, partial(_dossier, decisions))


def _dossier(decisions: Decisions, table: TableName | None) -> View:
    if table is None:
        return Words(("There is no table to choose.",))
    decision = decisions[table]
    return Stack((show_decision(decision), show_flips(decision.flips), show_findings(decision.findings, failing=False)))


def choose_threshold(
    catalog: Catalog, churn: DatabaseChurn, matrix: Matrix, metric: str = "hottest_scope_per_minute"
) -> Chooser:
    """A threshold of the matrix, and which tables would be decided otherwise with it."""
    before = decide(catalog, churn, matrix=matrix)
    now = next(int(each.threshold) for each in matrix if each.metric == metric and is_number(each.threshold))
    slider = ipywidgets.IntSlider(
        value=now, min=1, max=5 * now, description="threshold", continuous_update=False, layout=_wide()
    )
    return Chooser(
        {"threshold": slider},
        lambda threshold: show_changes(before, decide(catalog, churn, matrix=matrix.with_threshold(metric, threshold))),
    )


def choose_script(decisions: Decisions, catalog: Catalog, feeds: Sequence[Feed] = ()) -> Chooser:
    """A table, an option for it and a part, and the SQL or why there is none, or the client code."""
    controls = {
        "table": _tables(decisions, _first(decisions, Option.BROADCAST)),
        "option": ipywidgets.Dropdown(
            options=[("as decided", ""), *((look.word, option) for option, look in OPTIONS.items())],
            description="option",
            layout=_wide(),
        ),
        "part": ipywidgets.ToggleButtons(options=["design", *_STEPS, _CLIENT], description="part"),
    }
    return Chooser(controls, partial(_part, decisions, catalog, feeds))


def _part(
    decisions: Decisions,
    catalog: Catalog,
    feeds: Sequence[Feed],
    table: TableName | None,
    option: Option | str,
    part: str,
) -> View:
    if table is None:
        return Words(("There is no table to choose.",))
    made = design(decisions[table], catalog, feeds=feeds, option=Option(option) if option else None)
    if part == "design":
        return show_design(made)
    if part == _CLIENT:
        return show_client(generate_client(made))
    try:
        text = _STEPS[part](generate(made))
    except ScriptRefused as refusal:
        return Words((str(refusal),))
    return Listing(text) if text else Words((f"The script has no part {part!r}: {made.reasons[-1]}",))


def _first(decisions: Decisions, option: Option | None = None) -> TableName | None:
    return pick(decisions, option) if decisions else None


def _tables(names: Iterable[TableName], first: TableName | None = None) -> Any:
    options = [(say_table(name), name) for name in names]
    value = first or (options[0][1] if options else None)
    return ipywidgets.Dropdown(options=options, value=value, description="table", layout=_wide())


def _wide() -> Any:
    return ipywidgets.Layout(width="420px")
