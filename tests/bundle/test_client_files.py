"""The clients of all tables in one folder: each file once, none another's, on any file system."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from realtime_advisor.bundle.client_files import client_files, types_file
from realtime_advisor.bundle.export import export
from realtime_advisor.errors import BadInput
from realtime_advisor.generation.client import generate_client
from realtime_advisor.generation.client_naming import Entities
from realtime_advisor.generation.client_rendering import client_template
from realtime_advisor.model import (
    Advice,
    ByTable,
    Churn,
    DatabaseChurn,
    Decisions,
    Design,
    Option,
    TableName,
)
from tests.generation.client_cases import cases
from tests.generation.odd_names import names
from tests.generation.world import SERVER, public

MIXED = ("notifications", "dashboard", "messages_changes", "none", "hostile", "order_items", "hostile_changes")


def advise_on(designs: Sequence[Design], churn: Sequence[Churn] = ()) -> Advice:
    return Advice(
        SERVER,
        DatabaseChurn({entry.table: entry for entry in churn}, 600),
        "measured",
        Decisions({}),
        ByTable({design.table: design for design in designs}),
        ByTable({}),
    )


def polled(table: TableName) -> Design:
    return Design(table, Option.NO_REALTIME, (), "statement", ("id",))


def counted(table: TableName, inserts: int, basis: str = "window", earlier: Churn | None = None) -> Churn:
    return Churn(table, 600, inserts, 0, 0, 0, basis, earlier=earlier)


def own(files: dict[str, str]) -> dict[str, str]:
    """What is not the same for every design."""
    return {name: text for name, text in files.items() if not is_template(PurePosixPath(name).stem)}


@cache
def is_template(name: str) -> bool:
    try:
        return bool(client_template(name))
    except FileNotFoundError:
        return False


def test_all_tables_have_their_files_and_what_they_share_is_there_once() -> None:
    designs = [cases()[name] for name in MIXED]
    files = client_files(advise_on(designs))
    for design in designs:
        assert {f"client/{name}" for name in generate_client(design)} <= files.keys()
    assert all(re.fullmatch(r"client/[A-Za-z0-9_.]+\.ts", name) for name in files)


def test_a_tables_files_are_those_that_it_has_alone() -> None:
    design = cases()["messages_broadcast"]
    assert client_files(advise_on([design])) == {f"client/{n}": text for n, text in generate_client(design).items()}


def test_the_files_are_the_same_each_time_and_in_order() -> None:
    designs = [cases()[name] for name in MIXED]
    first = list(client_files(advise_on(designs)).items())
    assert first == sorted(client_files(advise_on(designs[::-1])).items())
    assert first == sorted(first)


def test_an_advice_without_tables_has_no_client() -> None:
    assert client_files(advise_on([])) == {}


@pytest.mark.parametrize(
    ("churn", "interval"),
    [
        ((), "120_000"),
        ((counted(public("users"), 0, "none"),), "120_000"),
        ((counted(public("users"), 1000),), "60_000"),
        ((counted(public("users"), 0),), "180_000"),
        ((counted(public("users"), 0, earlier=counted(public("users"), 1000, "since reset")),), "60_000"),
    ],
)
def test_a_table_without_realtime_is_polled_as_its_churn_was_counted(churn: tuple[Churn, ...], interval: str) -> None:
    files = client_files(advise_on([cases()["none"]], churn))
    assert f"Interval = {interval};" in files["client/usePollingUsers.ts"]


tables = st.builds(TableName, st.sampled_from(["public", "Public", "sales"]), names)


SHAPES = [replace(cases()[name], emissions=cases()[name].emissions[:1]) for name in ("documents", "presence", "none")]
SHAPES.append(replace(cases()["messages_changes"], emissions=()))


@given(st.lists(st.tuples(tables, st.sampled_from(SHAPES)), min_size=2, max_size=5, unique_by=lambda drawn: drawn[0]))
@example([(public("orders"), SHAPES[2]), (public("Orders"), SHAPES[2]), (public("ORDERS"), SHAPES[2])])
@example([(public("order_items"), SHAPES[0]), (public("orderitems"), SHAPES[0])])
@example([(public("foo_row"), SHAPES[2]), (public("use_polling_foo"), SHAPES[3])])
@example([(public("a1"), SHAPES[3]), (public("a_1"), SHAPES[3])])
def test_tables_never_share_a_file_whatever_they_are_called(chosen: list[tuple[TableName, Design]]) -> None:
    """Not where case is ignored either: each design has as many files as alone."""
    designs = [replace(shape, table=table) for table, shape in chosen]
    files = client_files(advise_on(designs))
    assert len({name.lower() for name in files}) == len(files)
    assert len(own(files)) == sum(len(own(client_files(advise_on([design])))) for design in designs)


@pytest.mark.parametrize("word", ["use", "realtime", "use_broadcast", "use_polling_foo", "catch_up", "database"])
def test_no_table_is_called_as_a_shared_file(word: str) -> None:
    shared = {name.lower(): text for made in cases().values() for name, text in client_files(advise_on([made])).items()}
    for case in ("documents", "messages_changes", "none", "presence"):
        design = replace(cases()[case], table=public(word), emissions=cases()[case].emissions[:1])
        for name, text in client_files(advise_on([design])).items():
            assert shared.get(name.lower(), text) == text


def test_names_that_differ_in_case_only_have_a_hash_and_others_none() -> None:
    designs = [polled(public(name)) for name in ("order_items", "orderitems", "orders")]
    entities = Entities(designs)
    assert entities.of(public("orders")) == "Orders"
    hashed = [entities.of(design.table) for design in designs[:2]]
    assert all(re.fullmatch(r"Order[Ii]tems_[0-9a-f]{8}", entity) for entity in hashed)
    assert hashed[0].lower() != hashed[1].lower()


def test_a_feed_of_two_kinds_of_id_has_a_client_for_each() -> None:
    one = cases()["dashboard"]
    [emission] = one.emissions
    numbered = replace(emission, scope=replace(emission.scope, key_type="bigint"))
    other = replace(one, table=public("parcels"), emissions=(numbered,))
    files = client_files(advise_on([one, other]))
    topics = [text for name, text in files.items() if re.fullmatch(r"client/dashboard_\w+FeedBroadcast.ts", name)]
    assert sorted("'bigint'" in text for text in topics) == [False, True]


def test_a_feeds_events_are_those_of_all_its_tables() -> None:
    one = cases()["dashboard"]
    told = replace(one.emissions[0], event="stats_<action>")
    inserted = replace(told, operations=("insert",))
    both = [replace(one, emissions=(told,)), replace(one, table=public("parcels"), emissions=(inserted,))]
    texts = {client_files(advise_on(part))["client/dashboardFeedBroadcast.ts"] for part in (both, both[:1], both[1:])}
    assert len(texts) == 1


def test_a_thousand_tables_take_a_few_seconds_at_most() -> None:
    shapes = [cases()[name] for name in ("documents", "messages_changes", "none", "presence")]
    designs = [replace(shapes[n % 4], table=public(f"table_{n}")) for n in range(1000)]
    advice = advise_on(designs)
    began = time.process_time()
    files = client_files(advice)
    assert time.process_time() - began < 5
    assert len(files) > 2000


def test_a_bundle_has_the_clients_of_its_tables_and_the_types_that_were_given(
    workshop_advice: Advice, exported: Path, tmp_path: Path
) -> None:
    written = {path.name for path in (exported / "client").iterdir()}
    assert {"useBroadcastNotifications.ts", "useChangesMessages.ts", "usePollingAuditLogs.ts"} <= written
    (tmp_path / "types.ts").write_text(TYPES, encoding="utf-8")
    typed = export(workshop_advice, types=tmp_path / "types.ts")
    assert {name for name in typed if name.startswith("client/")} == {
        f"client/{name}" for name in (*written, "database.types.ts")
    }
    assert "from './database.types'" in typed["client/messagesRow.ts"]


TYPES = "export type Json = string\r\n\r\nexport type Database = {\r\n  public: {}\r\n}\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_types_is_taken_as_supabase_wrote_it(tmp_path: Path, encoding: str) -> None:
    given_file = tmp_path / "types.ts"
    given_file.write_bytes(TYPES.encode(encoding))
    assert types_file(given_file) == {"client/database.types.ts": TYPES.replace("\r\n", "\n")}


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (None, "types.ts cannot be read: No such file or directory. Make it with: supabase gen types typescript"),
        (b"\xff\x00\xff", "types.ts is no text in UTF-8. Make it with: supabase gen types typescript"),
        (b"", "types.ts has no exported type Database. Make it with: supabase gen types typescript"),
    ],
)
def test_what_is_no_file_of_types_is_refused_in_a_sentence(
    tmp_path: Path, written: bytes | None, sentence: str
) -> None:
    if written is not None:
        (tmp_path / "types.ts").write_bytes(written)
    with pytest.raises(BadInput, match=sentence):
        types_file(tmp_path / "types.ts")


def test_rows_have_the_types_of_that_file_where_it_is_given() -> None:
    advice = advise_on([cases()["messages_changes"]])
    assert "database.types" not in "".join(client_files(advice).values())
    assert "from './database.types'" in client_files(advice, row_types=True)["client/messagesRow.ts"]
