-- Shapes that real schemas have, reduced: each schema pN is one small world of its own, to be read alone, since the worlds
-- must not lend each other users or tenants. Runs as the tables' owner where there are auth.users, auth.uid(), anon and
-- authenticated. What each of them should give stands in test_patterns.py.
begin;
create extension if not exists citext with schema public;

-- p1 Membership asked through a boolean definer function; the membership table shows teammates through it too.
create schema p1;
create table p1.accounts (id uuid primary key, owner_id uuid not null references auth.users, name text);
create table p1.account_user (user_id uuid not null references auth.users on delete cascade,
  account_id uuid not null references p1.accounts on delete cascade, account_role text not null, primary key (user_id, account_id));
create table p1.invoices (id uuid primary key, account_id uuid not null references p1.accounts on delete cascade, total numeric);
create function p1.is_member(account uuid, wanted text default null) returns boolean language sql stable security definer set search_path = '' as
$$ select exists (select 1 from p1.account_user m where m.user_id = auth.uid() and m.account_id = is_member.account
   and (m.account_role = is_member.wanted or is_member.wanted is null)) $$;
alter table p1.accounts enable row level security; alter table p1.account_user enable row level security; alter table p1.invoices enable row level security;
create policy members on p1.accounts for select using (p1.is_member(id));
create policy owner on p1.accounts for select using (owner_id = auth.uid());
create policy own on p1.account_user for select using (user_id = auth.uid());
create policy mates on p1.account_user for select using (p1.is_member(account_id));
create policy members on p1.invoices for select using (p1.is_member(account_id));

-- p2 Set-returning definer function; membership keyed (user, team, own id), so the pair itself is not unique.
create schema p2;
create table p2.teams (id uuid primary key, name text);
create table p2.users (id uuid primary key references auth.users on delete cascade, team_id uuid references p2.teams on delete set null);
create table p2.users_on_team (user_id uuid not null references p2.users on delete cascade, team_id uuid not null references p2.teams on delete cascade,
  id uuid not null default gen_random_uuid(), role text, primary key (user_id, team_id, id));
create table p2.payments (id uuid primary key, team_id uuid not null references p2.teams on delete cascade, assigned_id uuid references p2.users on delete set null);
create table p2.inbox (id uuid primary key, team_id uuid references p2.teams on delete cascade, payment_id uuid references p2.payments on delete set null);
create function p2.my_teams() returns setof uuid language sql stable security definer set search_path = '' as
$$ select team_id from p2.users_on_team where user_id = auth.uid() $$;
alter table p2.payments enable row level security; alter table p2.inbox enable row level security; alter table p2.users enable row level security;
create policy team on p2.payments for select using (team_id in (select p2.my_teams()));
create policy team on p2.inbox for select using (team_id in (select p2.my_teams()));
create policy self on p2.users for select using (id = auth.uid());

-- p3 Plain look-ups everywhere, but the membership table's own policy is a definer function over itself.
create schema p3;
create table p3.orgs (id uuid primary key, name text not null);
create table p3.org_members (id uuid primary key, user_id uuid not null references auth.users, org_id uuid not null references p3.orgs, joined_at timestamptz, unique (user_id, org_id));
create table p3.projects (id uuid primary key, org_id uuid not null references p3.orgs, name text);
create table p3.designs (id uuid primary key, org_id uuid not null references p3.orgs, project_id uuid references p3.projects);
create table p3.share_settings (design_id uuid primary key references p3.designs on delete cascade, since timestamptz);
create function p3.is_org_member(_org uuid) returns boolean language sql stable security definer set search_path = '' as
$$ select exists (select 1 from p3.org_members m where m.org_id = _org and m.user_id = auth.uid()) $$;
alter table p3.org_members enable row level security; alter table p3.projects enable row level security;
alter table p3.designs enable row level security; alter table p3.share_settings enable row level security;
create policy m on p3.org_members for select to authenticated using (p3.is_org_member(org_id));
create policy m on p3.projects for select to authenticated using (org_id in (select org_id from p3.org_members where user_id = auth.uid()));
create policy m on p3.designs for select to authenticated using (org_id in (select org_id from p3.org_members where user_id = auth.uid()));
create policy s on p3.projects for select to service_role using (true);
create policy open_to_visitors on p3.share_settings for select to anon using (true);
create policy m on p3.share_settings for select to authenticated using (design_id in (select d.id from p3.designs d
  where d.org_id in (select org_id from p3.org_members where user_id = auth.uid())));

-- p4 Membership unique only while it lasts (partial index), status and revoked_at; all else carries organization_id.
create schema p4;
create table p4.users (id uuid primary key, email text unique);
create table p4.organizations (id uuid primary key, name text);
create table p4.memberships (id uuid primary key, organization_id uuid not null references p4.organizations, user_id uuid not null references p4.users,
  status int not null default 0, revoked_at timestamptz);
create unique index on p4.memberships (user_id, organization_id) where revoked_at is null;
create table p4.customers (id uuid primary key, organization_id uuid not null references p4.organizations);
create table p4.quotes (id uuid primary key, organization_id uuid not null references p4.organizations, customer_id uuid references p4.customers);
create table p4.quote_owners (id bigint primary key, organization_id uuid not null references p4.organizations, quote_id uuid not null references p4.quotes,
  user_id uuid not null references p4.users, unique (quote_id, user_id));
create table p4.exports (id uuid primary key, organization_id uuid references p4.organizations, membership_id uuid references p4.memberships);
create table p4.invites (id uuid primary key, organization_id uuid not null references p4.organizations, membership_id uuid references p4.memberships,
  email text not null, status int not null, accepted_at timestamptz, revoked_at timestamptz);

-- p5 Followers, subscribers, receipts, reports: unique pairs of a user and a thing that are not memberships.
create schema p5;
create table p5.users (id bigint primary key, name text);
create table p5.changesets (id bigint primary key, user_id bigint not null references p5.users);
create table p5.changeset_subscribers (subscriber_id bigint not null references p5.users, changeset_id bigint not null references p5.changesets, unique (subscriber_id, changeset_id));
create table p5.entries (id bigint primary key, author_id bigint not null references p5.users, body text);
create table p5.entry_reports (id bigint primary key, creator_id bigint not null references p5.users, entry_id bigint not null references p5.entries, reason text, unique (entry_id, creator_id));
create table p5.nodes (id bigint primary key, changeset_id bigint not null references p5.changesets);
create table p5.report_queue (id bigint primary key, report_id bigint references p5.entry_reports);

-- p6 Mixed-case names, and settings made before their owner: the 1:1 key points from owner to settings.
create schema p6;
create table p6."User" (id serial primary key, email text unique);
create table p6."OrgEmail" (id text primary key);
create table p6."OrgSettings" (id text primary key, "emailId" text references p6."OrgEmail" on delete set null);
create table p6."TeamSettings" (id text primary key, "emailId" text references p6."OrgEmail" on delete set null);
create table p6."Organisation" (id text primary key, "settingsId" text not null unique references p6."OrgSettings" on delete restrict, "ownerUserId" int not null references p6."User" on delete cascade);
alter table p6."OrgEmail" add "organisationId" text not null references p6."Organisation" on delete cascade;
create type p6."OrgRole" as enum ('OWNER', 'MEMBER', 'NONE');
create table p6."OrgMember" (id text primary key, "userId" int not null references p6."User" on delete cascade, "organisationId" text not null references p6."Organisation" on delete cascade,
  role p6."OrgRole" not null, accepted boolean not null default false, unique ("userId", "organisationId"));
create table p6."Team" (id serial primary key, "organisationId" text not null references p6."Organisation" on delete cascade, "settingsId" text not null unique references p6."TeamSettings" on delete cascade);
create table p6."Folder" (id text primary key, "teamId" int not null references p6."Team" on delete cascade, "parentId" text references p6."Folder" on delete cascade);
create table p6."Envelope" (id text primary key, "folderId" text references p6."Folder" on delete set null, "teamId" int not null references p6."Team" on delete cascade, "userId" int not null references p6."User" on delete cascade);
create table p6."Site" (id text primary key, "lastModifiedByUserId" int references p6."User" on delete set null);

-- p7 Access by groups: user -> member -> group_member <- group -> team_group -> team.
create schema p7;
create table p7.users (id int primary key);
create table p7.orgs (id int primary key);
create table p7.org_members (id int primary key, user_id int not null references p7.users, org_id int not null references p7.orgs, unique (user_id, org_id));
create table p7.groups (id int primary key, org_id int not null references p7.orgs);
create table p7.group_members (id int primary key, group_id int not null references p7.groups, member_id int not null references p7.org_members, unique (member_id, group_id));
create table p7.teams (id int primary key, org_id int not null references p7.orgs);
create table p7.team_groups (id int primary key, team_id int not null references p7.teams, group_id int not null references p7.groups, role text not null, unique (team_id, group_id));

-- p8 Look-ups and link tables in a workspace: which of two parents is the owner?
create schema p8;
create table p8.users (id text primary key);
create table p8.workspaces (id text primary key);
create table p8.members (user_id text not null references p8.users, workspace_id text not null references p8.workspaces, role text not null, primary key (user_id, workspace_id));
create table p8.actions (id text primary key, workspace_id text not null references p8.workspaces on delete cascade);
create table p8.charts (id text primary key, workspace_id text not null references p8.workspaces on delete cascade);
create table p8.contacts (id text primary key, workspace_id text not null references p8.workspaces on delete cascade);
create table p8.dashboards (id text primary key, workspace_id text not null references p8.workspaces on delete cascade);
create table p8.segments (id text primary key, workspace_id text not null references p8.workspaces on delete cascade);
create table p8.surveys (id text primary key, segment_id text references p8.segments on delete set null, workspace_id text not null references p8.workspaces on delete cascade, created_by text references p8.users on delete set null);
create table p8.responses (id text primary key, contact_id text references p8.contacts on delete cascade, survey_id text not null references p8.surveys on delete cascade);
create table p8.survey_triggers (id text primary key, action_id text not null references p8.actions on delete cascade, survey_id text not null references p8.surveys on delete cascade, unique (survey_id, action_id));
create table p8.widgets (id text primary key, chart_id text not null references p8.charts on delete cascade, dashboard_id text not null references p8.dashboards on delete cascade, unique (dashboard_id, chart_id));
create table p8.job_configs (id text primary key, survey_template_id text references p8.surveys on delete set null, workspace_id text not null references p8.workspaces on delete cascade);

-- p9 Composite keys that carry the tenant along: the column is equal to the parent's by the key itself.
create schema p9;
create table p9.users (id text primary key);
create table p9.projects (id text primary key);
create table p9.project_members (project_id text not null references p9.projects, user_id text not null references p9.users, role text not null, primary key (project_id, user_id));
create table p9.datasets (id text, project_id text not null references p9.projects on delete cascade, primary key (id, project_id));
create table p9.items (id text, project_id text not null, dataset_id text not null, primary key (id, project_id), foreign key (dataset_id, project_id) references p9.datasets (id, project_id) on delete cascade);
create table p9.runs (id text primary key, project_id text not null, dataset_id text not null, foreign key (dataset_id, project_id) references p9.datasets (id, project_id));

-- p10 No foreign key anywhere, glued lower-case names, varchar(26) ids, epoch soft deletes, '' for "no team".
create schema p10;
create table p10.users (id varchar(26) primary key, username varchar(64) unique, deleteat bigint);
create table p10.teams (id varchar(26) primary key, name varchar(64) unique, deleteat bigint);
create table p10.channels (id varchar(26) primary key, teamid varchar(26), creatorid varchar(26), deleteat bigint);
create table p10.teammembers (teamid varchar(26), userid varchar(26), roles varchar(256), deleteat bigint, primary key (teamid, userid));
create table p10.channelmembers (channelid varchar(26), userid varchar(26), roles varchar(256), lastviewedat bigint, primary key (channelid, userid));
create table p10.posts (id varchar(26) primary key, userid varchar(26), channelid varchar(26), rootid varchar(26), originalid varchar(26), deleteat bigint);
create table p10.threadmemberships (postid varchar(26), userid varchar(26), following boolean, primary key (postid, userid));
create table p10.reactions (userid varchar(26), postid varchar(26), emoji varchar(64), channelid varchar(26) not null, primary key (postid, userid, emoji));
create table p10.drafts (userid varchar(26), channelid varchar(26), rootid varchar(26) default '', message text, primary key (userid, channelid, rootid));
create table p10.preferences (userid varchar(26), category varchar(32), name varchar(32), value text, primary key (userid, category, name));

-- p11 A tenant without a table, users without a key to auth.users; policies alone tell. Admins see all, builders their own.
create schema p11;
create table p11.user_roles (id uuid primary key, user_id uuid not null, organization_id text not null, role text not null, assigned_by uuid, unique (user_id, organization_id));
create table p11.projects (id uuid primary key, organization_id text not null, creator_id uuid not null, deleted_at timestamptz);
create table p11.audit (id uuid primary key, project_id uuid not null references p11.projects on delete cascade, organization_id text not null, actor_id uuid not null);
alter table p11.projects enable row level security; alter table p11.audit enable row level security; alter table p11.user_roles enable row level security;
create policy everyone on p11.user_roles for select to authenticated using (true);
create policy admins on p11.projects for select to authenticated using (exists (select 1 from p11.user_roles r where r.user_id = auth.uid() and r.organization_id = projects.organization_id and r.role = 'admin') and deleted_at is null);
create policy makers on p11.projects for select to authenticated using (creator_id = auth.uid() and deleted_at is null);
create policy admins on p11.audit for select to authenticated using (exists (select 1 from p11.user_roles r where r.user_id = auth.uid() and r.organization_id = audit.organization_id and r.role = 'admin'));

-- p12 Open to whoever is logged in, said in other words than `true`; the room is the channel, the author is no audience.
create schema p12;
create table p12.users (id uuid primary key references auth.users, status text);
create table p12.channels (id bigint primary key, created_by uuid not null references p12.users);
create table p12.messages (id bigint primary key, user_id uuid not null references p12.users, channel_id bigint not null references p12.channels on delete cascade, body text);
create table p12.user_grants (id bigint primary key, user_id uuid not null references p12.users on delete cascade, role text not null, unique (user_id, role));
alter table p12.users enable row level security; alter table p12.channels enable row level security; alter table p12.messages enable row level security; alter table p12.user_grants enable row level security;
create policy logged_in on p12.users for select using (auth.role() = 'authenticated');
create policy logged_in on p12.channels for select using (auth.uid() is not null);
create policy logged_in on p12.messages for select using (auth.role() = 'authenticated');
create policy own on p12.user_grants for select using (user_id = auth.uid());

-- p13 Own rows, and rows that a column shares with everybody.
create schema p13;
create table p13.profiles (id uuid primary key, user_id uuid not null unique references auth.users on delete cascade, name text);
create table p13.chats (id uuid primary key, user_id uuid not null references auth.users on delete cascade, sharing text not null default 'private');
create table p13.chat_messages (id uuid primary key, chat_id uuid not null references p13.chats on delete cascade, user_id uuid not null references auth.users on delete cascade);
create table p13.posts (id uuid primary key, author_id uuid not null references p13.profiles, is_published boolean not null);
alter table p13.chats enable row level security; alter table p13.chat_messages enable row level security;
create policy own on p13.chats using (user_id = auth.uid());
create policy shared on p13.chats for select using (sharing <> 'private');
create policy own on p13.chat_messages using (user_id = auth.uid());
create policy shared on p13.chat_messages for select using (chat_id in (select id from p13.chats where sharing <> 'private'));

-- p14 Polymorphic pairs, self references, a cycle, people referred to under many names.
create schema p14;
create table p14.users (id text primary key, invited_by text references p14.users);
create table p14.teams (id text primary key, default_project_id text);
create table p14.team_members (team_id text not null references p14.teams, user_id text not null references p14.users, role text not null, primary key (team_id, user_id));
create table p14.projects (id text primary key, team_id text not null references p14.teams on delete cascade);
alter table p14.teams add foreign key (default_project_id) references p14.projects deferrable;
create type p14.object_kind as enum ('project', 'folder');
create table p14.folders (id text primary key, project_id text not null references p14.projects on delete cascade, parent_id text references p14.folders on delete cascade);
create table p14.comments (id text primary key, project_id text not null references p14.projects on delete cascade, object_type p14.object_kind not null, object_id text not null,
  author_user_id text references p14.users on delete set null);
create table p14.attachments (id bigint primary key, record_type varchar not null, record_id bigint not null);

-- p15 Rows between two people.
create schema p15;
create table p15.users (id bigint primary key);
create table p15.direct_messages (id bigint primary key, from_user_id bigint not null references p15.users, to_user_id bigint not null references p15.users, body text);
create table p15.friends (id bigint primary key, user_id bigint not null references p15.users, friend_user_id bigint not null references p15.users, unique (user_id, friend_user_id));

-- p16 A login beside a profile: people are called person, logins local_user, 1:1.
create schema p16;
create table p16.person (id int primary key, name text not null);
create table p16.local_user (id int primary key, person_id int not null unique references p16.person on delete cascade, email text, password_encrypted text);
create table p16.community (id int primary key, name text);
create table p16.community_actions (person_id int not null references p16.person, community_id int not null references p16.community, followed_at timestamptz, became_moderator_at timestamptz, primary key (person_id, community_id));
create table p16.post (id int primary key, creator_id int not null references p16.person, community_id int not null references p16.community);
create table p16.modlog (id int primary key, mod_id int not null references p16.person, target_person_id int references p16.person);
create table p16.keyword_block (local_user_id int not null references p16.local_user, keyword text not null, primary key (local_user_id, keyword));

-- p17 The current team is a choice of screen, not membership.
create schema p17;
create table p17.teams (id bigint primary key, user_id bigint not null, personal_team boolean not null);
create table p17.users (id bigint primary key, current_team_id bigint references p17.teams on delete set null);
alter table p17.teams add foreign key (user_id) references p17.users;
create table p17.team_user (id bigint primary key, team_id bigint not null references p17.teams, user_id bigint not null references p17.users, role varchar, unique (team_id, user_id));
create table p17.team_invitations (id bigint primary key, team_id bigint not null references p17.teams on delete cascade, email varchar not null, role varchar, unique (team_id, email));

-- p18 Partitions, and a foreign key that needs the partition key too; a shop without logins.
create schema p18;
create table p18.chats (id bigint not null, created_at timestamptz not null, primary key (id, created_at)) partition by range (created_at);
create table p18.messages (id bigint not null, created_at timestamptz not null, chat_id bigint not null, chat_created_at timestamptz not null, primary key (id, created_at),
  foreign key (chat_id, chat_created_at) references p18.chats (id, created_at)) partition by range (created_at);
create table p18.chats_all partition of p18.chats default;
create table p18.messages_all partition of p18.messages default;
create table p18.customer (customer_id int primary key, email text);
create table p18.payment (payment_id int not null, customer_id int not null references p18.customer, paid_at timestamptz not null, primary key (paid_at, payment_id)) partition by range (paid_at);
create table p18.payment_all partition of p18.payment default;

-- p19 Two levels of membership, role NONE, personal rows and shared rows with the same two keys, shared defaults (null scope).
create schema p19;
create type p19.role as enum ('OWNER', 'MEMBER', 'NONE');
create table p19.users (id text primary key);
create table p19.orgs (id text primary key);
create table p19.org_members (id text primary key, org_id text not null references p19.orgs on delete cascade, user_id text not null references p19.users on delete cascade, role p19.role not null, unique (org_id, user_id));
create table p19.projects (id text primary key, org_id text not null references p19.orgs on delete cascade);
create table p19.project_members (project_id text not null references p19.projects on delete cascade, user_id text not null references p19.users on delete cascade,
  org_membership_id text not null references p19.org_members on delete cascade, role p19.role not null, primary key (project_id, user_id));
create table p19.invitations (id text primary key, org_id text not null references p19.orgs, project_id text references p19.projects on delete set null, email text not null, invited_by_user_id text references p19.users on delete set null);
create table p19.models (id text primary key, project_id text references p19.projects on delete cascade);
create table p19.prices (id text primary key, model_id text not null references p19.models on delete cascade, project_id text references p19.projects on delete cascade);
create table p19.view_defaults (id text primary key, project_id text not null references p19.projects on delete cascade, user_id text references p19.users on delete cascade, unique (project_id, user_id));
create table p19.notification_prefs (id text primary key, user_id text not null references p19.users on delete cascade, project_id text not null references p19.projects on delete cascade, channel text not null, unique (user_id, project_id, channel));

-- p20 Types and oddities: domain and citext keys, generated columns, json, no primary key, inheritance-free view.
create schema p20;
create domain p20.site_code as text check (value ~ '^[a-z]+$');
create table p20.users (id uuid primary key references auth.users);
create table p20.sites (code p20.site_code primary key, title text);
create table p20.site_users (site_code p20.site_code not null references p20.sites, user_id uuid not null references p20.users, role text not null, primary key (site_code, user_id));
create table p20.hits (site_code p20.site_code not null references p20.sites, path text, meta json, words tsvector generated always as (to_tsvector('simple', coalesce(path, ''))) stored);
create table p20.handles (handle public.citext primary key, user_id uuid not null unique references p20.users);
create table p20.mentions (id bigint primary key, handle public.citext not null references p20.handles on update cascade);
create view p20.busy_sites as select site_code, count(*) from p20.hits group by 1;

-- p21 Two pair tables that policies both ask: invitees may see the team, members its documents.
create schema p21;
create table p21.teams (id uuid primary key);
create table p21.invites (team_id uuid not null references p21.teams, user_id uuid not null references auth.users, status text not null, primary key (team_id, user_id));
create table p21.z_members (team_id uuid not null references p21.teams, user_id uuid not null references auth.users, role text not null, primary key (team_id, user_id));
create table p21.documents (id uuid primary key, team_id uuid not null references p21.teams);
alter table p21.teams enable row level security; alter table p21.documents enable row level security;
alter table p21.invites enable row level security; alter table p21.z_members enable row level security;
create policy own on p21.invites for select using (user_id = auth.uid());
create policy own on p21.z_members for select using (user_id = auth.uid());
create policy invited on p21.teams for select using (id in (select team_id from p21.invites where user_id = auth.uid()));
create policy members on p21.teams for select using (id in (select team_id from p21.z_members where user_id = auth.uid()));
create policy members on p21.documents for select using (team_id in (select team_id from p21.z_members where user_id = auth.uid()));

-- p22 Policies that do decide by the current team.
create schema p22;
create table p22.teams (id uuid primary key);
create table p22.profiles (id uuid primary key references auth.users, current_team_id uuid references p22.teams on delete set null);
create table p22.team_user (team_id uuid not null references p22.teams, user_id uuid not null references p22.profiles, role text not null, primary key (team_id, user_id));
create table p22.tasks (id uuid primary key, team_id uuid not null references p22.teams);
alter table p22.tasks enable row level security; alter table p22.profiles enable row level security;
create policy own on p22.profiles for select using (id = auth.uid());
create policy here on p22.tasks for select using (team_id in (select current_team_id from p22.profiles where id = auth.uid()));

commit;
