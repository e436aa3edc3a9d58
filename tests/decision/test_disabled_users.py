"""Whom the users table calls disabled: a token is a token, so that they listen all the same is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.model import Column, ForeignKey

from .test_token_subject import GROUPS, USERS, Said, scope, world

DISABLED = "whoever is disabled there goes on listening until the token ends, so tokens must not be issued to them."


@pytest.mark.parametrize("column", ["deleteat", "is_active", "disabled", "deletedAt"])
@pytest.mark.parametrize("subject", ["id", "auth_id"])
def test_who_is_disabled_in_the_users_table_is_told_to_listen_all_the_same(column: str, subject: str) -> None:
    known = world(replace(USERS, columns=(*USERS.columns, Column(column, "bigint"))))
    note = f"Nothing here tests public.users.{column}: {DISABLED}"
    opened: dict[str, dict[str, object]] = {"alerts": {"scope": "user_id"}, "posts": {"members": "public.group_users"}}
    for of, said in opened.items():
        answers: Said = {"users": {"token_subject": subject}, of: said}
        assert note in scope(of, answers, known).notes
        assert not any(DISABLED in each for each in scope(of, answers).notes)


def test_a_users_state_that_members_when_tests_is_not_said_to_be_untested() -> None:
    users = replace(
        USERS,
        columns=(*USERS.columns, Column("group_id", "uuid"), Column("is_active", "boolean")),
        foreign_keys=(ForeignKey("k", ("group_id",), GROUPS.name, ("id",)),),
    )
    answers: Said = {
        "users": {"token_subject": "auth_id"},
        "posts": {"members": "public.users", "members_when": "is_active"},
    }
    found = scope("posts", answers, world(users))
    assert found.entitlement is not None, found.refusal
    assert not any(DISABLED in each for each in found.notes)
