"""Functions as people write them into policies: those that are read, and those that are not, with the reason."""

from __future__ import annotations

from uuid import UUID

ANN, BOB, EVE = (str(UUID(int=number)) for number in (1, 2, 3))
RED, BLUE = (str(UUID(int=number)) for number in (10, 11))
# members is closed to users: only functions with their owner's rights can ask it.
SCHEMA = f"""
create schema app;
create table teams (id uuid primary key);
create table members (team_id uuid references teams, user_id uuid references auth.users, role text, other_id uuid,
  primary key (team_id, user_id));
create table staff (team_id uuid references teams, user_id uuid references auth.users);
create view members_view as select * from members;
create table rooms (id uuid primary key, team_id uuid references teams);
create table docs (id uuid primary key, team_id uuid references teams, user_id uuid, room_id uuid references rooms,
  code text);
create table notes (id uuid primary key, team_id uuid references teams);
alter table members enable row level security;
alter table docs enable row level security;
alter table notes enable row level security;
create policy mine on members using (false);
create policy plain on notes using (team_id in (select m.team_id from members m where m.user_id = auth.uid()));
create function auth.nobody() returns uuid language sql as 'select null::uuid';
grant usage on schema app, public to authenticated, anon;
grant select on docs, teams, notes, rooms, staff to authenticated, anon;
insert into auth.users (id) values ('{ANN}'), ('{BOB}'), ('{EVE}');
insert into teams values ('{RED}'), ('{BLUE}');
insert into rooms values ('{RED}', '{RED}'), ('{BLUE}', '{BLUE}');
insert into members values ('{RED}', '{ANN}', 'admin'), ('{RED}', '{BOB}', 'guest'), ('{BLUE}', '{BOB}', 'admin');
insert into docs (id, team_id, room_id) select id, id, id from teams;
"""
HEAD = "create function app.f(t uuid) returns boolean language sql stable security definer set search_path = ''"
SETS = "create function app.f() returns setof uuid language sql stable security definer set search_path = ''"
PLPGSQL = HEAD.replace("sql stable", "plpgsql stable")
MINE = "m.user_id = auth.uid()"
BODY = f"select exists (select 1 from public.members m where {MINE} and m.team_id = t)"
TRUTH = "app.f(team_id)"
IN_SET = "team_id in (select app.f())"
OPTIONAL = "create function app.f(t uuid, wanted text default null) " + HEAD.partition(") ")[2]


def written(head: str, body: str) -> str:
    return f"{head} as $body$ {body} $body$"


ACCEPTED = {
    "exists": (written(HEAD, BODY), TRUTH),
    "in a subquery of its own": (written(HEAD, BODY), "(select app.f(team_id))"),
    "the table's name before the column": (written(HEAD, BODY), "app.f(docs.team_id)"),
    "or the user's own": (written(HEAD, BODY), "user_id = auth.uid() or app.f(team_id)"),
    "all columns, and a name for the answer": (
        written(HEAD, BODY.replace("select 1", "select *") + " as is_member"), TRUTH),
    "volatile by omission": (written(HEAD.replace("stable ", ""), BODY), TRUTH),
    "by number": (written(HEAD, BODY.replace("= t)", "= $1)")), TRUTH),
    "by the function's name": (written(HEAD, BODY.replace("= t)", "= f.t)")), TRUTH),
    "the other way round": (written(HEAD, BODY.replace(MINE, "(select auth.uid()) = m.user_id")), TRUTH),
    "the token's sub": (written(HEAD, BODY.replace("auth.uid()", "(auth.jwt() ->> 'sub')::uuid")), TRUTH),
    "a true row": (written(HEAD, f"select true from public.members m where {MINE} and m.team_id = t;"), TRUTH),
    "with comments": (written(HEAD, f"-- who? ünd so\n{BODY} /* or true */;"), TRUTH),
    "without an alias": (
        written(HEAD, "SELECT EXISTS (SELECT FROM public.members WHERE user_id = auth.uid() AND team_id = t)"), TRUTH),
    "its own search_path": (
        written(HEAD.replace("= ''", "= public, app"), BODY.replace("public.members", "members")), TRUTH),
    "plpgsql": (written(PLPGSQL, f"begin return exists (select 1 from public.members m where {MINE} and m.team_id = t);"
                                 " end;"), TRUTH),
    "plpgsql with a subquery": (written(PLPGSQL, f"begin\n return ({BODY});\nend"), TRUTH),
    "a role that is not asked": (
        written(OPTIONAL, BODY.replace("= t)", "= t and (m.role = wanted or wanted is null))")), TRUTH),
    "a role given as null": (
        written(OPTIONAL, BODY.replace("= t)", "= t and (wanted is null or m.role = wanted))")),
        "app.f(team_id, null)"),
    "a set": (written(SETS, f"select m.team_id from public.members m where {MINE}"), IN_SET),
    "a set, by any": (written(SETS, "select team_id from public.members where user_id = auth.uid()"),
                      "team_id = any (array(select app.f()))"),
    "a set, from plpgsql": (
        written(SETS.replace("language sql", "language plpgsql"),
                f"begin return query select m.team_id from public.members m where {MINE}; end"), IN_SET),
    "a table of one column": (
        written(SETS.replace("setof uuid", "table (team uuid)"),
                f"select m.team_id from public.members m where {MINE}"),
        IN_SET,
    ),
}  # fmt: skip
# What is refused, and a word of the sentence that says why.
REFUSED = {
    "wrong column": (written(HEAD, BODY.replace("m.team_id", "m.other_id")), TRUTH, ""),
    "another user": (written(HEAD, BODY.replace("m.user_id", "m.other_id")), TRUTH, ""),
    "or true": (written(HEAD, BODY.replace("= t)", "= t or true)")), TRUTH, "asks more"),
    "and false": (written(HEAD, BODY.replace("= t)", "= t and false)")), TRUTH, "asks more"),
    "a role but one": (written(HEAD, BODY.replace("= t)", "= t and m.role <> 'guest')")), TRUTH, "not understood"),
    "a role or another member": (
        written(HEAD, BODY.replace("= t)", "= t and (m.role = 'admin' or m.other_id = auth.uid()))")), TRUTH,
        "asks more"),
    "a role of the row's own": (
        written(OPTIONAL, BODY.replace("= t)", "= t and m.role = wanted)")), "app.f(team_id, code)", "form"),
    "a role in a concatenation": (
        written(OPTIONAL, BODY.replace("= t)", "= t and m.role = wanted)")), "app.f(team_id, 'ad' || 'min')", "form"),
    "a role in lower case": (
        written(HEAD, BODY.replace("= t)", "= t and lower(m.role) = 'admin')")), TRUTH, "asks more"),
    "the role of somebody else": (
        written(HEAD, BODY.replace("= t)", "= t and m.role = 'admin' or m.role = 'guest')")), TRUTH, "asks more"),
    "a constant team, too": (
        written(HEAD, BODY.replace("= t)", f"= t and m.team_id = '{RED}')")), TRUTH, "not compared exactly"),
    "roles in a subquery": (
        written(HEAD, BODY.replace("= t)", "= t and m.role in (select code from public.docs))")), TRUTH, "asks more"),
    "a role by default": (
        written(OPTIONAL.replace("default null", "default 'admin'"),
                BODY.replace("= t)", "= t and (m.role = wanted or wanted is null))")), TRUTH, "form"),
    "a role that must be given": (
        written(OPTIONAL, BODY.replace("= t)", "= t and m.role = wanted)")), TRUTH, "form"),
    "a choice that null does not end": (
        written(OPTIONAL, BODY.replace("= t)", "= t and (m.role = wanted or m.role is null))")), TRUTH, "asks more"),
    "strict, with a null": (
        written(OPTIONAL.replace("stable", "stable strict"),
                BODY.replace("= t)", "= t and (m.role = wanted or wanted is null))")), TRUTH, "strict"),
    "overloads": (written(HEAD, BODY) + "; create function app.f(text) returns boolean language sql as 'select true'",
                  TRUTH, "several functions"),
    "a search_path of whoever asks": (
        written(HEAD.replace(" set search_path = ''", ""), BODY.replace("public.members", "members")), TRUTH,
        "search_path is not fixed"),
    "another schema before pg_catalog": (
        written(HEAD.replace("= ''", "= app, pg_catalog"), BODY), TRUTH, "before pg_catalog"),
    "another schema's table first": (
        written(HEAD.replace("= ''", "= app, public"), BODY.replace("public.members", "members")), TRUTH, "no table"),
    "other settings": (written(HEAD + " set row_security = off", BODY), TRUTH, "settings of its own"),
    "immutable": (written(HEAD.replace("stable", "immutable"), BODY), TRUTH, "immutable"),
    "its caller's rights": (written(HEAD.replace(" security definer", ""), BODY), TRUTH, "may not select from"),
    "a write": (written(HEAD.replace("stable ", ""),
                        "insert into public.staff values (t, auth.uid()); " + BODY), TRUTH, "more than one SELECT"),
    "a second answer": (written(HEAD, BODY + "; select true"), TRUTH, "more than one SELECT"),
    "a write in a WITH": (
        written(HEAD.replace("stable ", ""), "with x as (insert into public.staff values (t) returning 1) " + BODY),
        TRUTH, ""),
    "a limit": (written(HEAD, BODY.replace("= t)", "= t limit 0)")), TRUTH, "asks more"),
    "an offset": (written(HEAD, BODY.replace("= t)", "= t offset 1)")), TRUTH, "asks more"),
    "an error where two rows are found": (
        written(HEAD, f"select (select true from public.members m where {MINE} and m.team_id = t)"), TRUTH,
        "not whether a row is there"),
    "an error where plpgsql finds two rows": (
        written(PLPGSQL, f"begin return true from public.members m where {MINE} and m.team_id = t; end"), TRUTH,
        "not whether a row is there"),
    "a product": (written(HEAD, BODY.replace("select 1", "select 1 * 1")), TRUTH, "not whether a row is there"),
    "the first of an order": (
        written(SETS, f"select m.team_id from public.members m where {MINE} order by 1 limit 1"), IN_SET, "asks more"),
    "one of many": (
        written(HEAD.replace("(t uuid)", "()").replace("boolean", "uuid"),
                f"select m.team_id from public.members m where {MINE}"), "team_id = app.f()", ""),
    "a union": (
        written(SETS, f"select m.team_id from public.members m where {MINE} union select id from public.teams"), IN_SET,
        "more than one SELECT"),
    "negation": (written(HEAD, BODY.replace("exists", "not exists")), TRUTH, ""),
    "a count": (written(HEAD, BODY.replace("select 1", "select count(*)")), TRUTH, "not whether a row is there"),
    "having": (written(HEAD, BODY.replace("= t)", "= t having true)")), TRUTH, "asks more"),
    "null": (written(HEAD, BODY.replace("select exists", "select null from public.members where exists")), TRUTH, ""),
    "the argument with itself": (
        written(HEAD.replace("(t uuid)", "(team_id uuid)"),
                f"select exists (select 1 from public.members m where {MINE} and m.team_id = team_id)"), TRUTH,
        "with an argument"),
    "not the user": (written(HEAD, "select exists (select 1 from public.members m where m.team_id = t)"), TRUTH,
                     "the user's id"),
    "not the team": (
        written(HEAD, f"select exists (select 1 from public.members m where {MINE})"), TRUTH, "one argument"),
    "the user for the team": (
        written(HEAD, f"select exists (select 1 from public.members m where {MINE} and m.user_id = t)"),
        TRUTH, "and for what"),
    "arguments swapped": (written(HEAD, BODY), "app.f(user_id)", ""),
    "another column of the row": (written(HEAD, BODY), "app.f(id)", ""),
    "a constant team": (written(HEAD, BODY), f"app.f('{RED}')", "form"),
    "two memberships joined": (
        written(HEAD, BODY.replace(" m where", " m join public.staff s on s.team_id = m.team_id where")),
        TRUTH, "asks more"),
    "two memberships, by a comma": (
        written(HEAD, BODY.replace(" m where", " m, public.staff s where")), TRUTH, "asks more"),
    "an outer join": (
        written(HEAD, BODY.replace(" m where", " m left join public.staff s on true where")), TRUTH, "asks more"),
    "a sample": (written(HEAD, BODY.replace(" m where", " m tablesample system (1) where")), TRUTH, "asks more"),
    "renamed columns": (
        written(HEAD, BODY.replace(" m where", " m (user_id, team_id) where")), TRUTH, "asks more"),
    "a view": (written(HEAD, BODY.replace("public.members", "public.members_view")), TRUTH, "no table"),
    "another function": (written(HEAD, BODY.replace("auth.uid()", "auth.nobody()")), TRUTH, "asks more"),
    "the e-mail": (written(HEAD, BODY.replace("m.user_id = auth.uid()", "m.role = (auth.jwt() ->> 'email')")), TRUTH,
                   "asks more"),
    "a shorter id": (
        written(HEAD, BODY.replace(MINE, "m.role = auth.uid()::varchar(3)")), TRUTH, "asks more"),
    "not equal": (written(HEAD, BODY.replace("m.team_id = t", "m.team_id <> t")), TRUTH, "not understood"),
    "a system column": (written(HEAD, BODY.replace("= t)", "= t and m.xmin is not null)")), TRUTH, ""),
    "a nested comment": (written(HEAD, BODY.replace("= t)", "= t /* /* */ or true */)")), TRUTH, "sign"),
    "the login of the database": (
        written(HEAD, BODY.replace("= t)", "= t and current_user = current_user)")), TRUTH, "current_user"),
    "the SQL standard's form": (
        HEAD + " return exists (select 1 from public.members m where m.user_id = auth.uid() and m.team_id = t)",
                                TRUTH, "cannot be read"),
    "plpgsql with a condition": (
        written(PLPGSQL, f"begin if t is null then return true; end if; return ({BODY}); end"), TRUTH, "one RETURN"),
    "plpgsql with a variable": (
        written(PLPGSQL, f"declare m uuid; begin return ({BODY}); end"), TRUTH, "one RETURN"),
    "plpgsql that cannot tell a column from an argument": (
        written(PLPGSQL.replace("(t uuid)", "(user_id uuid)"),
                "begin return exists (select 1 from public.members where user_id = auth.uid() and team_id = $1); end"),
        TRUTH, "a column and a variable"),
    "negated by the policy": (written(HEAD, BODY), "not app.f(team_id)", ""),
    "equal to another condition": (written(HEAD, BODY), "app.f(team_id) = (user_id = auth.uid())", ""),
    "compared with itself": (written(HEAD, BODY), "app.f(team_id) = app.f(team_id)", "form"),
    "in an EXISTS": (written(HEAD, BODY), "exists (select app.f(team_id))", "form"),
    "by coalesce": (written(HEAD, BODY), "coalesce(app.f(team_id), true)", "form"),
    "not in the set": (
        written(SETS, f"select m.team_id from public.members m where {MINE}"), "team_id not in (select app.f())", ""),
    "another column in the set": (
        written(SETS, f"select m.team_id from public.members m where {MINE}"), "id in (select app.f())", ""),
    "part of the set": (
        written(SETS, f"select m.team_id from public.members m where {MINE}"),
        "team_id in (select app.f() where user_id is null)", ""),
    "and more of the row": (written(HEAD, BODY), "app.f(team_id) and user_id is null", ""),
    "and another function": (written(HEAD, BODY), "app.f(team_id) and auth.nobody() is null", ""),
}  # fmt: skip
# What asks for a role: Ann is an admin of red, Bob a guest of red and an admin of blue.
CONDITIONED = {
    "a role": (written(HEAD, BODY.replace("= t)", "= t and m.role = 'admin')")), TRUTH),
    "one of some roles": (
        written(HEAD, BODY.replace("= t)", "= t and m.role in ('admin', 'owner'))")), TRUTH),
    "one of some roles, by any": (
        written(HEAD, BODY.replace("= t)", "= t and m.role = any (array['admin', 'owner']))")), TRUTH),
    "a role that is asked": (
        written(OPTIONAL, BODY.replace("= t)", "= t and (m.role = wanted or wanted is null))")),
        "app.f(team_id, 'admin')"),
    "a role that must be given": (
        written(OPTIONAL, BODY.replace("= t)", "= t and m.role = wanted)")), "app.f(team_id, 'admin'::text)"),
    "a set of those of a role": (
        written(SETS, f"select m.team_id from public.members m where {MINE} and m.role = 'admin'"), IN_SET),
    "plpgsql": (written(PLPGSQL, f"begin return exists (select 1 from public.members m where {MINE} and m.team_id = t"
                                 " and m.role = 'admin'); end"), TRUTH),
    "the function's and the policy's": (
        written(HEAD, BODY.replace("= t)", "= t and m.role is not null)")), "app.f(team_id) and app.f(docs.team_id)"),
}  # fmt: skip
ADMINS: dict[str, set[str]] = {ANN: {RED}, BOB: {BLUE}, EVE: set()}
MEMBERS: dict[str, set[str]] = {ANN: {RED}, BOB: {RED, BLUE}, EVE: set()}
RIGHTS = {
    "others may create there": ("grant create on schema app to authenticated", "may create functions in its schema"),
    "everybody may create there": ("grant create on schema app to public", "may create functions in its schema"),
    "the API owns it": ("alter function app.f(uuid) owner to authenticated", "may create functions in its schema"),
    "nobody may call it": ("revoke execute on function app.f(uuid) from public", "authenticated may not execute it"),
    "its owner sees no members": ("alter function app.f(uuid) owner to authenticator", "does not see every row"),
    "its owner sees members by policies": (
        "grant select on members to authenticator; alter function app.f(uuid) owner to authenticator",
        "does not see every row",
    ),
}
