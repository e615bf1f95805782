-- What ends leaves in one short commit: it is noted, nothing of it is told any more, and a job removes it in steps.
-- Streams whose log still has to be removed; for channels there is `purges`.
create table ended_streams (
    kind bigint not null,
    id bigint not null,
    primary key (kind, id)
);

-- Removing a role has to find who has it.
create index member_roles_by_role on member_roles (role_id);

-- Invites nobody can use any more are removed in steps. Neither index is touched by a use that is not the last.
create index invites_by_end on invites (expires_at) where expires_at is not null;
create index invites_used_up on invites (id) where uses >= max_uses;
