-- Guilds with what gives their members a place: roles, channels, exceptions, invites.
create table guilds (
    id integer primary key,
    name text not null,
    owner_id integer not null references users (id),
    system_channel_id integer,
    -- Kept by joining and leaving, because counting a large guild on every page is not affordable.
    member_count integer not null default 0,
    created_at integer not null
);

create table roles (
    id integer primary key,
    guild_id integer not null references guilds (id) on delete cascade,
    name text not null,
    permissions integer not null,
    position integer not null
);
create index roles_by_guild on roles (guild_id);

create table members (
    guild_id integer not null references guilds (id) on delete cascade,
    user_id integer not null references users (id) on delete cascade,
    joined_at integer not null,
    primary key (guild_id, user_id)
) without rowid;
create index members_by_user on members (user_id);

create table member_roles (
    guild_id integer not null,
    user_id integer not null,
    role_id integer not null references roles (id) on delete cascade,
    primary key (guild_id, user_id, role_id),
    foreign key (guild_id, user_id) references members (guild_id, user_id) on delete cascade
) without rowid;

-- Direct conversations are channels without a guild.
create table channels (
    id integer primary key,
    guild_id integer references guilds (id) on delete cascade,
    kind integer not null,
    name text not null,
    topic text not null default '',
    parent_id integer,
    position integer not null default 0,
    last_message_id integer
);
create index channels_by_guild on channels (guild_id) where guild_id is not null;

-- `subject_kind` is 0 role, 1 person.
create table overwrites (
    channel_id integer not null references channels (id) on delete cascade,
    subject_kind integer not null,
    subject_id integer not null,
    allow integer not null,
    deny integer not null,
    primary key (channel_id, subject_kind, subject_id)
) without rowid;

create table invites (
    id integer primary key,
    code text not null unique,
    guild_id integer not null references guilds (id) on delete cascade,
    inviter_id integer not null references users (id),
    expires_at integer,
    max_uses integer,
    uses integer not null default 0
);
create index invites_by_guild on invites (guild_id);
