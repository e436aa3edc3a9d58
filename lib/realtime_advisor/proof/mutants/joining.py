"""Faults of who may listen: let in who should not be, kept out who should be, or refused to everybody."""

from __future__ import annotations

from realtime_advisor.model import Script

from .surgery import HELPER, mutant, operate, swap

_EXACT = r"^  if topic is distinct from opening.*?^  end if;\n"
_CAUGHT = r"^exception\n.*?^end\n"
_LOOK_UP = r"^  return exists \(.*?^  \);\n"


@mutant("documents", caught_by="look_alike_topics_are_refused", fault=6)
def prefix_is_enough(script: Script) -> Script:
    """Any topic that begins like the tenant's may be joined."""
    closing = " or right(topic, length(closing)) is distinct from closing"
    loose = swap(script, "functions", closing, "", HELPER)
    loose = operate(loose, "functions", r"substr\(topic, .*?\)::uuid", "split_part(topic, ':', 2)::uuid", HELPER)
    return operate(loose, "functions", _EXACT, "", HELPER)


@mutant("notes", caught_by="others_may_not_join", fault=7)
def pattern_of_ids(script: Script) -> Script:
    """Ids are compared by LIKE, so that a % in one of them is everybody's."""
    return swap(script, "functions", "where member.scope_id = scope_id", "where scope_id like member.scope_id", HELPER)


@mutant("documents", caught_by="no_policy_raises", fault=8)
def one_tenant_a_user(script: Script) -> Script:
    """Who is in two tenants raises an error, on every topic."""
    only = (
        "  return scope_id = (select member.tenant_id from public.memberships as member "
        "where member.user_id = user_id);\n"
    )
    single = operate(script, "functions", _LOOK_UP, only, HELPER)
    return operate(single, "functions", _CAUGHT, "end\n", HELPER)


@mutant("documents", caught_by="members_may_join", fault=9)
def memberships_read_as_the_caller(script: Script) -> Script:
    """The membership table is read with the caller's rights, and shows the caller nothing."""
    return operate(script, "functions", r"^security definer[^\n]*\n", "", HELPER)


@mutant("notes", caught_by="others_may_not_join", fault=10)
def name_bound_to_the_table(script: Script) -> Script:
    """A bare name binds to a column of the membership table, which is then compared with itself."""
    loose = swap(script, "functions", "#variable_conflict use_variable", "#variable_conflict use_column", HELPER)
    return swap(loose, "functions", "member.scope_id = scope_id", "member.scope_id = member.scope_id", HELPER)


@mutant("messages", caught_by="join_cost", fault=11)
def topics_put_together_for_each_row(script: Script) -> Script:
    """Topics are put together and compared, which no index can help."""
    compared = "where topic = opening || scope_1.id::text || closing"
    return swap(script, "functions", "where scope_1.id = scope_id", compared, HELPER)


@mutant("documents", caught_by="other_extensions_are_refused", fault=12)
def any_extension(script: Script) -> Script:
    """The policy does not ask for the extension, so presence may be read too."""
    return operate(script, "policies", r"extension = 'broadcast'\n\s+and ", "")


@mutant("presence", caught_by="members_may_join", fault=12)
def presence_without_tracking(script: Script) -> Script:
    """Members may see who is there, and may not say that they are."""
    return operate(script, "policies", r"^create policy [^;]*? for insert.*?;\n")


@mutant("documents", caught_by="other_extensions_are_refused")
def anybody_may_send(script: Script) -> Script:
    """The policy is for every command, so members may send, too."""
    return swap(script, "policies", "for select to authenticated", "for all to authenticated")


@mutant("documents", caught_by="no_policy_raises")
def policy_for_everybody(script: Script) -> Script:
    """The policy is for visitors too, who may not call its function: an error on every topic."""
    return swap(script, "policies", "to authenticated\n", "to public\n")


@mutant("documents", caught_by="members_may_join")
def other_entity(script: Script) -> Script:
    """The policy asks for another entity than the triggers send to."""
    return swap(script, "policies", "'dashboard')", "'documents')")


@mutant("documents", caught_by="no_policy_raises")
def error_of_a_malformed_id(script: Script) -> Script:
    """A topic or a user without a proper id raises an error, which denies every topic."""
    return operate(script, "functions", _CAUGHT, "end\n", HELPER)


@mutant("documents", caught_by="look_alike_topics_are_refused")
def any_spelling(script: Script) -> Script:
    """An id in other letters is taken for the same, though nothing is ever sent to that topic."""
    return operate(script, "functions", _EXACT, "", HELPER)


@mutant("documents", caught_by="others_may_not_join")
def member_of_anything(script: Script) -> Script:
    """Who is a member of any tenant may join every tenant's topic."""
    return operate(script, "functions", r"where member\.tenant_id = scope_id\n\s+and ", "where ", HELPER)


@mutant("documents", caught_by="others_may_not_join")
def any_user(script: Script) -> Script:
    """Whoever is signed in may join."""
    return operate(script, "functions", r"\n\s+and member\.user_id = user_id", "", HELPER)


@mutant("guarded", caught_by="others_may_not_join")
def guests_too(script: Script) -> Script:
    """A membership counts whatever its status."""
    return operate(script, "functions", r"\n\s+and member\.status in \([^)]*\)", "", HELPER)


@mutant("guarded", caught_by="others_may_not_join")
def former_members_too(script: Script) -> Script:
    """A membership counts after it was revoked."""
    return swap(script, "functions", "\n      and member.revoked_at is null", "", HELPER)


@mutant("notifications", caught_by="others_may_not_join")
def everybodys_mailbox(script: Script) -> Script:
    """The user in the topic is not compared with the user who joins."""
    return swap(script, "functions", " and scope_id = user_id", "", HELPER)


@mutant("messages", caught_by="members_may_join")
def joined_by_the_wrong_key(script: Script) -> Script:
    """The thread's own id is taken for its tenant's."""
    return swap(script, "functions", "member.tenant_id = scope_1.tenant_id", "member.tenant_id = scope_1.id", HELPER)


@mutant("numbers", caught_by="others_may_not_join")
def any_spelling_of_a_user(script: Script) -> Script:
    """A sub that is another user's to whoever issues the tokens, as 07 beside 7, is taken for a number."""
    return swap(script, "functions", " or (auth.jwt() ->> 'sub') is distinct from user_id::text", "", HELPER)


JOINING = (
    prefix_is_enough,
    pattern_of_ids,
    one_tenant_a_user,
    memberships_read_as_the_caller,
    name_bound_to_the_table,
    topics_put_together_for_each_row,
    any_extension,
    presence_without_tracking,
    anybody_may_send,
    policy_for_everybody,
    other_entity,
    error_of_a_malformed_id,
    any_spelling,
    member_of_anything,
    any_user,
    guests_too,
    former_members_too,
    everybodys_mailbox,
    joined_by_the_wrong_key,
    any_spelling_of_a_user,
)
