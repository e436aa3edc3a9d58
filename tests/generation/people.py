"""Who is who in the application: ids that read well, and the SQL that puts them there."""

from __future__ import annotations


def uuid(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012d}"


RED, BLUE = uuid(1), uuid(2)  # tenants
ANN, BOB, CYD, DAN = (uuid(number) for number in (11, 12, 13, 14))  # Ann: red; Bob: blue; Cyd: both; Dan: neither
RED_THREAD, BLUE_THREAD = uuid(21), uuid(22)

PEOPLE = f"""
    insert into tenants (id) values ('{RED}'), ('{BLUE}');
    insert into users (id) values ('{ANN}'), ('{BOB}'), ('{CYD}'), ('{DAN}');
    insert into memberships (tenant_id, user_id) values
      ('{RED}', '{ANN}'), ('{BLUE}', '{BOB}'), ('{RED}', '{CYD}'), ('{BLUE}', '{CYD}');
    insert into message_threads (id, tenant_id) values ('{RED_THREAD}', '{RED}'), ('{BLUE_THREAD}', '{BLUE}');
"""
