"""Faults of what a write sends: to whom, how often, and what it costs the application."""

from __future__ import annotations

from realtime_advisor.model import Script

from .surgery import CALLBACK, FOLLOWER, mutant, operate, swap


@mutant("messages", caught_by="insert_one_row", fault=1)
def unqualified_table(script: Script) -> Script:
    """A table is named without its schema, and the search path is empty."""
    return swap(script, "functions", "join public.message_threads", "join message_threads", CALLBACK)


@mutant("messages", caught_by="send_fails", fault=1)
def write_fails_with_the_message(script: Script) -> Script:
    """Nothing catches an error, so the application's write fails with its message."""
    return operate(script, "functions", r"^exception\n.*?^end\n", "end\n", CALLBACK)


@mutant("notifications", caught_by="delete_one_row", fault=2)
def new_row_of_a_delete(script: Script) -> Script:
    """A delete looks at the new row, which there is none of."""
    return operate(script, "functions", r"(tg_op = 'DELETE'.*?)change\.user_id::text", r"\1null::text", CALLBACK)


@mutant("notifications", caught_by="move_scope", fault=3)
def new_scope_only(script: Script) -> Script:
    """A row that moves tells its new scope only."""
    return swap(script, "functions", "having sum(change.side) <> 0", "having sum(change.side) > 0", CALLBACK)


@mutant("notifications", caught_by="scope_to_null", fault=3)
def nobody_hears_of_a_row_that_leaves(script: Script) -> Script:
    """A row that loses its scope tells nobody."""
    everybody_stays = "not exists (select from new_rows as gone where gone.user_id is null)"
    return operate(
        script,
        "functions",
        r"(having (?:(?!having).)*?where )(changed\.user_id is not null)",
        rf"\1{everybody_stays} and \2",
        CALLBACK,
    )


@mutant("documents", caught_by="update_without_change", fault=4)
def every_update_is_told(script: Script) -> Script:
    """An update that changes nothing is told too."""
    return operate(script, "functions", r"when \(\n.*?\) then realtime", "when true then realtime", CALLBACK)


@mutant("documents", caught_by="update_unwatched_column", fault=4)
def housekeeping_is_told(script: Script) -> Script:
    """An update of a column that no screen shows is told too."""
    changed = operate(script, "functions", r"(change|before)\.id,", r"\g<0> \1.updated_at,", CALLBACK)
    return operate(changed, "functions", r"sum\(change\.side\) <> 0", "count(*) > 0", CALLBACK)


@mutant("documents", caught_by="update_watched_column")
def watched_column_forgotten(script: Script) -> Script:
    """A column that a screen shows is left out of the comparison."""
    return operate(script, "functions", r', (change|before)\.title collate "C"(?! as)', "", CALLBACK)


@mutant("notifications", caught_by="scope_to_null", fault=13)
def no_null_guard(script: Script) -> Script:
    """A row without a scope is told to a topic that is null, and lost with a warning."""
    return swap(script, "functions", "\n    where changed.user_id is not null", "", CALLBACK)


@mutant("documents", caught_by="update_many_rows", fault=14)
def one_message_a_row(script: Script) -> Script:
    """The triggers fire for each row."""
    return swap(script, "triggers", "for each statement", "for each row")


@mutant("documents", caught_by="update_many_rows", fault=14)
def a_scope_is_told_for_each_of_its_rows(script: Script) -> Script:
    """One statement tells a scope as often as it has rows."""
    return swap(script, "functions", "select distinct change.tenant_id", "select change.tenant_id", CALLBACK)


@mutant("notifications", caught_by="update_watched_column", fault=15)
def reading_is_not_told(script: Script) -> Script:
    """Updates have no trigger: what is marked as read in one window stays unread in another."""
    return operate(script, "triggers", r"^create or replace trigger realtime_advisor_update\n.*?;\n")


@mutant("notifications", caught_by="delete_one_row", fault=15)
def deleting_is_not_told(script: Script) -> Script:
    """Deletes have no trigger."""
    return operate(script, "triggers", r"^create or replace trigger realtime_advisor_delete\n.*?;\n")


@mutant("documents", caught_by="insert_one_row", fault=16)
def table_known_by_another_name(script: Script) -> Script:
    """The function asks for the table's name, and the table is called otherwise."""
    guard = "begin\n  if tg_table_name <> 'document' then\n    return null;\n  end if;\n"
    return operate(script, "functions", r"^begin\n", guard, CALLBACK)


@mutant("notifications", caught_by="insert_one_row", fault=19)
def id_of_the_row_as_id_of_the_message(script: Script) -> Script:
    """The payload has a key id, so the message has no id of its own."""
    return swap(script, "functions", "'record_id', change.id", "'id', change.id", CALLBACK)


@mutant("notifications", caught_by="insert_one_row")
def wrong_column(script: Script) -> Script:
    """The topic is made of another column than the scope's."""
    return swap(script, "functions", "'user:' || change.user_id::text", "'user:' || change.id::text", CALLBACK)


@mutant("notifications", caught_by="insert_one_row")
def public_message(script: Script) -> Script:
    """Messages are sent to the public channel of that name."""
    return operate(script, "functions", r"^( +)true\n", r"\1false\n", CALLBACK)


@mutant("notifications", caught_by="insert_one_row")
def other_table_in_the_payload(script: Script) -> Script:
    """The payload names another table."""
    return swap(script, "functions", "'table', 'notifications'", "'table', 'messages'", CALLBACK)


@mutant("notifications", caught_by="delete_one_row")
def other_event(script: Script) -> Script:
    """A deleted row is told as an updated one."""
    return swap(script, "functions", "'notifications_deleted'", "'notifications_updated'", CALLBACK)


@mutant("documents", caught_by="update_many_rows")
def one_row_for_all(script: Script) -> Script:
    """A statement that wrote many rows names one of them."""
    only_of_one = "\n        where not exists (select from new_rows offset 1)\n"
    return swap(script, "functions", only_of_one, "\n        limit 1\n", CALLBACK)


@mutant("guarded", caught_by="move_scope")
def old_tenant_reads_on(script: Script) -> Script:
    """The columns of a row that moves to another tenant are sent to the old one, too."""
    kept = "when (change.tenant_id) is not distinct from (before.tenant_id) then"
    return swap(script, "functions", kept, "when true then", CALLBACK)


@mutant("guarded", caught_by="insert_one_row")
def other_column_carried(script: Script) -> Script:
    """A column is sent under the name of another."""
    return swap(script, "functions", "'title', change.title", "'title', change.labels", CALLBACK)


@mutant("documents", caught_by="over_the_cap")
def no_cap(script: Script) -> Script:
    """However many scopes a statement touches, each gets a message."""
    return operate(script, "functions", r"between 1 and most_topics", ">= 1", CALLBACK)


@mutant("documents", caught_by="policy_change")
def no_single_lock(script: Script) -> Script:
    """Each message waits by itself while policies are being changed."""
    return operate(script, "functions", r"^ +lock table only realtime\.messages[^\n]*\n", "", CALLBACK)


@mutant("documents", caught_by="policy_change")
def waits_as_long_as_it_takes(script: Script) -> Script:
    """A write waits for as long as policies are being changed."""
    return operate(script, "functions", r"^set lock_timeout[^\n]*\n", "", CALLBACK)


@mutant("documents", caught_by="other_time_zone")
def writers_time_zone(script: Script) -> Script:
    """A message is filed under the day of the writer's time zone."""
    return operate(script, "functions", r"^set timezone[^\n]*\n", "", CALLBACK)


@mutant("documents", caught_by="writer_without_rights", fault=18)
def rights_of_the_writer(script: Script) -> Script:
    """Messages are sent with the writer's rights."""
    return operate(script, "functions", r"^security definer[^\n]*\n", "", CALLBACK)


@mutant("messages", caught_by="parent_moves")
def parent_moves_unheard(script: Script) -> Script:
    """A parent that moves to another tenant tells nobody, though all its rows move along."""
    return swap(script, "functions", "array[change.tenant_id, before.tenant_id]", "null", FOLLOWER)


@mutant("messages", caught_by="parent_goes")
def parent_goes_unheard(script: Script) -> Script:
    """A deleted parent takes its rows along before anyone can find their scope."""
    return operate(script, "triggers", r"^create or replace trigger realtime_advisor_delete_messages\n.*?;\n")


@mutant("set-based", caught_by="over_the_cap")
def many_on_another_extension(script: Script) -> Script:
    """Rows that are written in the place of send() are of an extension that no listener is sent."""
    return swap(script, "functions", "    'broadcast',\n", "    'presence',\n", CALLBACK)


@mutant("set-based", caught_by="over_the_cap")
def many_in_public(script: Script) -> Script:
    """Rows that are written in the place of send() are for channels that anybody may join."""
    return operate(script, "functions", r"^(\s+insert into realtime.*?)\btrue,", r"\1false,", CALLBACK)


@mutant("set-based", caught_by="over_the_cap")
def many_without_an_id(script: Script) -> Script:
    """Rows that are written in the place of send() do not tell clients their message's id."""
    return swap(script, "functions", " || jsonb_build_object('id', told.message_id)", "", CALLBACK)


WRITING = (
    unqualified_table,
    write_fails_with_the_message,
    new_row_of_a_delete,
    new_scope_only,
    nobody_hears_of_a_row_that_leaves,
    every_update_is_told,
    housekeeping_is_told,
    watched_column_forgotten,
    no_null_guard,
    one_message_a_row,
    a_scope_is_told_for_each_of_its_rows,
    reading_is_not_told,
    deleting_is_not_told,
    table_known_by_another_name,
    id_of_the_row_as_id_of_the_message,
    wrong_column,
    public_message,
    other_table_in_the_payload,
    other_event,
    one_row_for_all,
    old_tenant_reads_on,
    other_column_carried,
    no_cap,
    no_single_lock,
    waits_as_long_as_it_takes,
    writers_time_zone,
    rights_of_the_writer,
    parent_moves_unheard,
    parent_goes_unheard,
    many_on_another_extension,
    many_in_public,
    many_without_an_id,
)
