"""Writes the designs' TypeScript to a folder, beside what the triggers really sent in the sandbox, for a compiler.

    python -m tests.generation.client_sent tests/client/generated

In each folder `sent.ts` holds the messages as constants of the generated types: a topic, an event or a payload that the
SQL spells otherwise does not compile, or fails the test that reads it.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from realtime_advisor.bundle.client_files import client_files, types_file
from realtime_advisor.generation.client import generate_client
from realtime_advisor.generation.client_naming import camel, entity_of, entity_of_feed
from realtime_advisor.generation.grants import told_by
from realtime_advisor.generation.sql import generate
from realtime_advisor.journey import advise
from realtime_advisor.model import Advice, ByTable, Catalog, DatabaseChurn, Decisions, Design, Emission, Option
from realtime_advisor.sandbox.postgres import RunningServer, lease
from realtime_advisor.targets import connect

from .client_cases import NOTES_CATALOG, cases
from .conftest import Application, open_application
from .people import ANN, BLUE, BOB, PEOPLE, RED, RED_THREAD
from .world import CATALOG, SERVER, create_table, public

# A table named `class`, beside the application's own, for a name that is no identifier everywhere.
_CLASSES = """
    create table class (id uuid primary key, tenant_id uuid not null references tenants, title text);
    create table "order-items" (id uuid primary key, tenant_id uuid not null references tenants, title text);
"""
_DOCUMENTS = f"""
    insert into documents (id, tenant_id, title) values (1, '{RED}', 'a'), (2, '{BLUE}', 'b');
    update documents set tenant_id = '{BLUE}' where id = 1;
    delete from documents where id = 2;
"""
_DATABASE_TYPES = Path(__file__).parents[1] / "client" / "database.types.ts"
# The bundle's folder has them all, beside two tables whose names differ in nothing that a Mac's file system sees.
_IN_ONE_FOLDER = ("notifications", "messages_changes", "record", "none", "order_items", "hostile_changes", "text_keys")
_ALIKE = ("order_items", "orderitems")
WORDS = ("acme", "a:b", "50% off", "it's", "日本", "<id>", "!'()*~")
# What is written, and the ids whose topics hear of it.
WRITES: dict[str, tuple[str, tuple[str, ...]]] = {
    "notifications": (
        f"insert into notifications (id, user_id, title) values ('{ANN}', '{ANN}', 'a'), ('{BOB}', '{BOB}', 'b');"
        f"update notifications set title = 'c' where user_id = '{ANN}'; delete from notifications",
        (ANN, BOB),
    ),
    "documents": (_DOCUMENTS, (RED, BLUE)),
    "dashboard": (_DOCUMENTS, (RED, BLUE)),
    "set_based": (_DOCUMENTS, (RED, BLUE)),
    "transaction": (_DOCUMENTS, (RED, BLUE)),
    "record": (_DOCUMENTS, (RED, BLUE)),
    "row": (_DOCUMENTS, (RED, BLUE)),
    "patterns": (_DOCUMENTS, (RED, BLUE)),
    "truncate": (_DOCUMENTS + "truncate documents", (RED, BLUE)),
    "messages_broadcast": (
        f"insert into messages (id, thread_id, body) values ('{ANN}', '{RED_THREAD}', 'hello'); delete from messages",
        (RED_THREAD, RED),
    ),
    "class": (f"insert into class values ('{ANN}', '{RED}', 'a'); delete from class", (RED,)),
    "order_items": (f"""insert into "order-items" values ('{ANN}', '{RED}', 'a')""", (RED,)),
    "text_keys": (
        "insert into notes (id, topics) select row_number() over (), id from teams; delete from notes where id = 1",
        WORDS,
    ),
}

Message = tuple[str, str, dict[str, Any]]


def main(folder: Path) -> None:
    """Replace the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    with lease() as server:
        for name, made in cases().items():
            place = folder / name
            place.mkdir(parents=True)
            for file, text in generate_client(made).items():
                (place / file).write_text(text, encoding="utf-8")
            if made.option in (Option.PRESENCE, Option.POSTGRES_CHANGES) or name in WRITES:
                (place / "install.json").write_text(json.dumps(_steps(made)), encoding="utf-8")
            if name in WRITES:
                sql, ids = WRITES[name]
                (place / "sent.ts").write_text(_as_typescript(made, ids, sent(server, made, sql)), encoding="utf-8")
    _write(folder / "row_types", client_files(_of_several_tables(), row_types=True) | types_file(_DATABASE_TYPES))
    _write(folder / "workshop", client_files(advise(connect(environ={}), 0, prove=0)))


def _of_several_tables() -> Advice:
    """Tables whose clients share a folder."""
    polled = cases()["none"]
    designs = [cases()[name] for name in _IN_ONE_FOLDER] + [replace(polled, table=public(name)) for name in _ALIKE]
    return Advice(
        SERVER,
        DatabaseChurn({}, None),
        "measured",
        Decisions({}),
        ByTable({each.table: each for each in designs}),
        ByTable({}),
    )


def _write(place: Path, files: Mapping[str, str]) -> None:
    place.mkdir()
    for file, text in files.items():
        (place / PurePosixPath(file).name).write_text(text, encoding="utf-8")


def _steps(made: Design) -> list[str]:
    """What a superuser runs to have the design: the tables and functions belong to the role postgres."""
    script = generate(made) if told_by(made) else None
    steps = [script.functions, script.triggers, "reset role", script.policies] if script else ["reset role"]
    if made.option is Option.POSTGRES_CHANGES:
        steps.append(f"alter publication supabase_realtime add table {made.table}")
    return ["set role postgres", _tables(made), *filter(None, steps)]


def sent(server: RunningServer, made: Design, sql: str) -> list[Message]:
    """What the design's triggers send when this is written, with the messages' ids taken for granted."""
    for application in open_application(server, _tables(made)):
        application.install(generate(made))
        application.messages()
        application.run(sql)
        return list(_messages(application))
    raise AssertionError("no application")


def _tables(made: Design) -> str:
    if made.table == public("notes"):
        teams = ", ".join("('" + word.replace("'", "''") + "')" for word in WORDS)
        return _created(NOTES_CATALOG) + f" insert into teams values {teams};"
    return _created(CATALOG) + PEOPLE + _CLASSES


def _created(catalog: Catalog) -> str:
    order = ("tenants", "teams", "users", "members", "memberships", "message_threads", "messages", "notifications")
    names = [public(name) for name in (*order, "documents", "notes")]
    return " ".join(create_table(catalog[name]) for name in names if name in catalog.tables)


def _messages(application: Application) -> Iterator[Message]:
    yield from application.ask(
        'select topic, event, payload || \'{"id": "00000000-0000-0000-0000-000000000000"}\' from realtime.messages '
        "where extension = 'broadcast' and private order by topic, event, payload ->> 'record_id'"
    )


def _as_typescript(made: Design, ids: tuple[str, ...], messages: list[Message]) -> str:
    """The messages of each emission as constants of its types."""
    lines = ["import type { Broadcast } from './realtimeBroadcast';"]
    emissions = {_entity(made, emission): emission for emission in made.emissions}
    for entity in emissions:
        lines.append(f"import {{ {camel(entity)}Contract, type {entity}Event }} from './{camel(entity)}Broadcast';")
        lines.append(f"import type {{ {entity}Message }} from './{camel(entity)}Message';")
    lines.append(f"\nexport const ids = {json.dumps(ids)};\n")
    for entity, emission in emissions.items():
        told = [message for message in messages if _is_of(message, emission)]
        lines += _constant(entity, told)
    contracts = ", ".join(f"[{camel(entity)}Contract, {camel(entity)}Sent] as const" for entity in emissions)
    return "\n".join([*lines, f"export const emissions = [{contracts}];", ""])


def _entity(made: Design, emission: Emission) -> str:
    return entity_of_feed(emission) if emission.feed else entity_of(made.table)


def _is_of(message: Message, emission: Emission) -> bool:
    opening, _, closing = emission.topic.partition("<id>")
    return message[0].startswith(opening) and message[0].endswith(closing)


def _constant(entity: str, messages: list[Message]) -> Iterator[str]:
    kind = f"{{ topic: string; message: Broadcast<{entity}Event, {entity}Message> }}"
    yield f"const {camel(entity)}Sent: {kind}[] = ["
    for topic, event, payload in messages:
        yield "  " + json.dumps({"topic": topic, "message": {"event": event, "payload": payload}}) + ","
    yield "];\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
