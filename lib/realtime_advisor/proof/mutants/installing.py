"""Faults of the installation: it cannot be repeated, gives rights away, or leaves something behind."""

from __future__ import annotations

from realtime_advisor.model import Script

from .surgery import CALLBACK, HELPER, mutant, operate, swap


@mutant("documents", caught_by="installs_again", fault=5)
def triggers_made_once(script: Script) -> Script:
    """Triggers are created, not replaced."""
    return swap(script, "triggers", "create or replace trigger", "create trigger")


@mutant("documents", caught_by="installs_again", fault=5)
def policies_made_once(script: Script) -> Script:
    """Policies are not dropped before they are made."""
    return operate(script, "policies", r"^drop policy[^\n]*\n")


@mutant("documents", caught_by="functions_are_closed", fault=17)
def function_in_public(script: Script) -> Script:
    """The trigger's function stands in public, where anybody may attach it to a table."""
    moved = swap(script, "functions", "realtime_advisor.broadcast_", "public.broadcast_")
    moved = operate(moved, "functions", r"^revoke all on function public\.[^;]*;\n")
    moved = swap(moved, "triggers", "realtime_advisor.broadcast_", "public.broadcast_")
    return swap(moved, "down", "realtime_advisor.broadcast_", "public.broadcast_")


@mutant("documents", caught_by="functions_are_closed", fault=17)
def trigger_function_for_everybody(script: Script) -> Script:
    """The trigger's function may be called, and attached, by everybody."""
    return operate(script, "functions", r"^revoke all on function realtime_advisor\.broadcast_[^;]*;\n")


@mutant("documents", caught_by="functions_are_closed", fault=17)
def helper_for_everybody(script: Script) -> Script:
    """Visitors may ask the helper who is a member of what."""
    return operate(script, "functions", r"^revoke all on function realtime_advisor\.may_read_[^;]*;\n")


@mutant("documents", caught_by="weak_owner", fault=18)
def owner_not_asked_for(script: Script) -> Script:
    """It installs as a role whose messages row level security drops."""
    return operate(script, "functions", r"^  if not exists \(select from pg_roles.*?^  end if;\n")


@mutant("documents", caught_by="functions_are_closed")
def search_path_of_the_writer(script: Script) -> Script:
    """The trigger's function runs with its owner's rights and its caller's search path."""
    return operate(script, "functions", r"^set search_path[^\n]*\n", "", CALLBACK)


@mutant("documents", caught_by="functions_are_closed")
def search_path_of_the_reader(script: Script) -> Script:
    """The helper runs with its owner's rights and its caller's search path."""
    return operate(script, "functions", r"^set search_path[^\n]*\n", "", HELPER)


@mutant("documents", caught_by="installs")
def misspelt(script: Script) -> Script:
    """A function that does not parse."""
    return swap(script, "functions", "end if;", "endif;", CALLBACK)


@mutant("documents", caught_by="down_restores_the_catalogue")
def trigger_left_behind(script: Script) -> Script:
    """A trigger, and its function with it, is still there afterwards."""
    left = operate(script, "down", r"^drop trigger if exists realtime_advisor_delete[^\n]*\n")
    return operate(left, "down", r"^drop function if exists realtime_advisor\.broadcast_[^\n]*\n")


@mutant("notifications", caught_by="down_restores_the_catalogue")
def policy_left_behind(script: Script) -> Script:
    """A policy, and its helper with it, is still there afterwards."""
    return operate(script, "down", r"^drop policy[^\n]*\n")


@mutant("notes", caught_by="down_restores_the_catalogue")
def function_left_behind(script: Script) -> Script:
    """A function that nothing uses any more is still there afterwards."""
    return operate(script, "down", r"^ +drop function if exists realtime_advisor\.decode_id[^\n]*\n")


@mutant("documents", caught_by="down_restores_the_catalogue")
def takes_more_than_it_brought(script: Script) -> Script:
    """What was there before is gone afterwards, too."""
    return swap(
        script, "down", "-- Step 2 of 3", "revoke select on public.documents from authenticated;\n-- Step 2 of 3"
    )


INSTALLING = (
    triggers_made_once,
    policies_made_once,
    function_in_public,
    trigger_function_for_everybody,
    helper_for_everybody,
    owner_not_asked_for,
    search_path_of_the_writer,
    search_path_of_the_reader,
    misspelt,
    trigger_left_behind,
    policy_left_behind,
    function_left_behind,
    takes_more_than_it_brought,
)
