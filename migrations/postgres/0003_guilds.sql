-- Guilds with what gives their members a place: roles, channels, exceptions, invites.
create table guilds (
    id bigint primary key,
    name text not null,
    owner_id bigint not null references users (id),
    system_channel_id bigint,
    -- Kept by joining and leaving, because counting a large guild on every page is not affordable.
    member_count bigint not null default 0,
    created_at bigint not null
);

create table roles (
    id bigint primary key,
    guild_id bigint not null references guilds (id) on delete cascade,
    name text not null,
    permissions bigint not null,
    position bigint not null
);
create index roles_by_guild on roles (guild_id);

create table members (
    guild_id bigint not null references guilds (id) on delete cascade,
    user_id bigint not null references users (id) on delete cascade,
    joined_at bigint not null,
    primary key (guild_id, user_id)
);
create index members_by_user on members (user_id);

create table member_roles (
    guild_id bigint not null,
    user_id bigint not null,
    role_id bigint not null references roles (id) on delete cascade,
    primary key (guild_id, user_id, role_id),
    foreign key (guild_id, user_id) references members (guild_id, user_id) on delete cascade
);

-- Direct conversations are channels without a guild.
create table channels (
    id bigint primary key,
    guild_id bigint references guilds (id) on delete cascade,
    kind bigint not null,
    name text not null,
    topic text not null default '',
    parent_id bigint,
    position bigint not null default 0,
    last_message_id bigint
);
create index channels_by_guild on channels (guild_id) where guild_id is not null;

-- `subject_kind` is 0 role, 1 person.
create table overwrites (
    channel_id bigint not null references channels (id) on delete cascade,
    subject_kind bigint not null,
    subject_id bigint not null,
    allow bigint not null,
    deny bigint not null,
    primary key (channel_id, subject_kind, subject_id)
);

create table invites (
    id bigint primary key,
    code text not null unique,
    guild_id bigint not null references guilds (id) on delete cascade,
    inviter_id bigint not null references users (id),
    expires_at bigint,
    max_uses bigint,
    uses bigint not null default 0
);
create index invites_by_guild on invites (guild_id);
