"""The headless run: notebooks/report.ipynb executed by papermill, its failure told in one sentence."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from .bundle.answers_file import read_answers_file
from .bundle.client_files import types_file
from .bundle.files import INDEX
from .bundle.manifest import read_manifest
from .bundle.migrations import DEFAULT_VERSION, Label
from .bundle.writing import kept_aside, name_folder, require_writable
from .decision.answers import FILE
from .errors import AdvisorError, BadInput
from .model.design import WORKSHOP_TRAFFIC
from .observation.choosing import choose_extent
from .observation.environment import find_unread, is_left_empty, tell_unread
from .observation.history import History, folder_beside, make_absolute
from .observation.recording import tell_length
from .sampling import open_environment_history, read_number
from .targets import connect, identify_database, named_target, require_no_unread

_LONGEST_SOCKET: Final = 103  # bytes of a path, on macOS; Linux takes 4 more
_MOST_NOTES: Final = 8  # of which the terminal tells
_SWITCH: Final = {"": False, "0": False, "no": False, "false": False, "1": True, "yes": True, "true": True}
NOTEBOOK: Final = Path(__file__).resolve().parents[2] / "notebooks" / "report.ipynb"


def run_report(environ: Mapping[str, str] = os.environ) -> Path:
    """Run the report for SECONDS into the folder OUT (out/), which is returned. Raises AdvisorError.

    About the database that DATABASE_URL or PG* names, recorded into HISTORY if that is set; else about what HISTORY
    holds; else about the workshop database. ANSWERS is a file; without it the one beside HISTORY counts. VERSION is
    that of the first migration, DATE the day that the pages give, TYPES a file with the types of rows for clients;
    SHOW_HOST=1 names the database and its host in the bundle.
    """
    seconds = read_number(environ, "SECONDS", "how long to watch the database", least=0)
    out = name_folder(environ.get("OUT", "").strip() or "out").absolute()
    label = Label(environ.get("VERSION", "").strip() or DEFAULT_VERSION)
    types = _types_file(environ.get("TYPES", "").strip())
    if not environ.get("HISTORY", "").strip():
        require_no_unread(environ)
    show_host = _read_switch(environ, "SHOW_HOST", "whether the bundle names the database and its host")
    require_writable(out)
    _require_of_the_same_kind(out, environ)
    history, database = (environ.get(name, "").strip() for name in ("HISTORY", "DATABASE"))
    answers = _answers_file(environ.get("ANSWERS", "").strip(), history)
    print(_introduce(environ, database, seconds), flush=True)
    parameters = {
        "seconds": seconds,
        "out": str(out),
        "history": make_absolute(history) if history else None,
        "answers": str(answers) if answers else None,
        "database": database or None,
        "version": label.version,
        "date": environ.get("DATE", "").strip() or None,
        "types": str(types) if types else None,
        "show_host": show_host,
    }
    _execute(parameters)
    return out


def _require_of_the_same_kind(out: Path, environ: Mapping[str, str]) -> None:
    """Without a database's name, the workshop's bundle must not take the place of a real one's."""
    if named_target(environ) or environ.get("HISTORY", "").strip():
        return
    try:
        source = json.loads((out / INDEX).read_text(encoding="utf-8"))["window"]["source"]
    except (OSError, ValueError, KeyError, TypeError):
        return  # no bundle yet, or none that says what it is of
    if source != WORKSHOP_TRAFFIC:
        raise BadInput(
            f"The folder {out} holds the bundle of a database of your own, and neither DATABASE_URL nor HISTORY is "
            "set, so the workshop's would take its place. Set one of them, or name another folder with OUT."
        )


def _read_switch(environ: Mapping[str, str], name: str, what: str) -> bool:
    said = environ.get(name, "").strip().lower()
    if said not in _SWITCH:
        raise BadInput(f"{name} is {said!r}; it says {what}: 1 or 0.")
    return _SWITCH[said]


def _types_file(named: str) -> Path | None:
    """The file named, if any; read once here, where a mistake is told soon."""
    if not named:
        return None
    types_file(Path(named))
    return Path(named).absolute()


def _answers_file(named: str, history: str) -> Path | None:
    """The file named, else the one beside the history if there is one; read once here, where a mistake is told soon."""
    file = Path(named) if named else folder_beside(history) / FILE if history else None
    if file is None or not (named or file.exists()):
        return None
    read_answers_file(file)
    return file.absolute()


def _introduce(environ: Mapping[str, str], database: str, seconds: float | None) -> str:
    """What is decided about. Asked before a kernel takes its time to start: a wrong password is told in a second."""
    named, recorded = named_target(environ), bool(environ.get("HISTORY", "").strip())
    history = open_environment_history(environ, create=named) if recorded else None
    if named:
        with closing(connect(environ=environ)) as target:
            name = identify_database(target).name
        into = f", recording into {history.place}" if history else ""
        return f"Deciding about the database {name}{into} ..."
    if history:
        if unread := find_unread(environ):
            print(f"{tell_unread(unread)}.", flush=True)
        if is_left_empty(environ):
            print("DATABASE_URL is empty, so what is recorded counts.", flush=True)
        return _introduce_recorded(history, database, seconds)
    return "Deciding about the embedded workshop database ..."


def _introduce_recorded(history: History, database: str, seconds: float | None) -> str:
    choice = choose_extent(history.extents(database or None), seconds)
    taken = choice.taken
    line = (
        f"Deciding from {history.place}: database {taken.sampling.database}, its sampling begun "
        f"{taken.sampling.began:%Y-%m-%d %H:%M} UTC, {taken.readings:,} readings over "
        f"{tell_length(taken.seconds) if taken.seconds else 'no time'} ..."
    )
    return "\n".join(filter(None, (choice.tell(), line)))


def summarise(out: Path) -> str:
    """What a run left behind, in a few lines: tables by option, and where the files are."""
    index = json.loads((out / INDEX).read_text(encoding="utf-8"))
    tables, window = index["tables"], index["window"]
    how = "Recorded over" if window["source"] == "recorded" else "Watched for"
    of = " of the workshop's traffic" if window["source"] == WORKSHOP_TRAFFIC else ""
    lines = [f"{how} {round(window['seconds']):,} s{of}:" if window["seconds"] else "By the counters since they began:"]
    for option in ("broadcast", "postgres_changes", "presence", "no_realtime"):
        names = [f"{t['schema']}.{t['table']}" for t in tables if t["option"] == option]
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        lines.append(f"{option:<17}{len(names):>5}  {', '.join(names[:8])}{more}")
    lines += [f"Mind: {note}" for note in window["notes"][:_MOST_NOTES]]
    lines += [f"Mind: {len(more)} more notes are in its README.md."] if (more := window["notes"][_MOST_NOTES:]) else []
    whole = index.get("migration")
    lines += [f"Mind: all tables at once are not proved. {whole['reason']}"] if whole and not whole["proved"] else []
    manifest = read_manifest(out)
    lines.append(f"Wrote {len(manifest.files) if manifest else 0} files to {_short(out)}: start with its README.md.")
    if kept := kept_aside(out):
        lines.append(f"Kept aside, because somebody had edited them: {', '.join(kept)}.")
    return "\n".join(lines)


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _execute(parameters: Mapping[str, object]) -> None:
    # Here, because importing papermill takes longer than finding out that SECONDS or OUT are wrong.
    from papermill import PapermillExecutionError, execute_notebook
    from traitlets.config import Config

    with _interrupting_the_kernel(), _headless(), TemporaryDirectory() as folder:
        try:
            execute_notebook(
                NOTEBOOK,
                None,
                dict(parameters),
                progress_bar=False,
                start_timeout=300,  # a busy machine takes its time
                cwd=NOTEBOOK.parent,
                extra_arguments=["--log-level=CRITICAL"],
                config=Config({"KernelManager": kernel_channels(Path(folder))}),
            )
        except PapermillExecutionError as failed:
            if failed.ename == "KeyboardInterrupt":
                raise KeyboardInterrupt from None
            raise AdvisorError(_sentence(failed.ename, failed.evalue)) from None
        except RuntimeError as failed:  # nbclient's and jupyter_client's, of the kernel itself
            raise AdvisorError(f"The report's notebook could not be run ({failed}); run it once more.") from None


def kernel_channels(folder: Path) -> dict[str, str]:
    """How to speak with a notebook's kernel: by sockets in a folder of its own, or by ports where those cannot be.

    Ports are chosen before the kernel takes them, and on a busy machine another program may have been quicker.
    """
    place = folder / "kernel"  # of which five sockets make their names
    fits = len(os.fsencode(place)) + len("-5") <= _LONGEST_SOCKET
    return {"transport": "ipc", "ip": str(place)} if os.name == "posix" and fits else {}


def _sentence(name: str, value: str) -> str:
    """An error of ours is its own sentence; any other is a fault in this project, and says so."""
    ours = {kind.__name__ for kind in AdvisorError.__subclasses__()}
    if name in ours:
        return value
    return f"The report stopped at an unexpected {name}: {value}. Run notebooks/report.ipynb to see where."


@contextmanager
def _headless() -> Iterator[None]:
    """Tell the kernel that its progress bar belongs on the terminal that started it."""
    os.environ["REALTIME_ADVISOR_HEADLESS"] = "1"
    try:
        yield
    finally:
        del os.environ["REALTIME_ADVISOR_HEADLESS"]


@contextmanager
def _interrupting_the_kernel() -> Iterator[None]:
    """Ctrl-C ends the sampling in the kernel early, and keeps what it has; a second one ends the run."""
    before = signal.getsignal(signal.SIGINT)

    def interrupt(*_: object) -> None:
        import psutil

        signal.signal(signal.SIGINT, before)
        for child in psutil.Process().children():
            child.send_signal(signal.SIGINT)

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
