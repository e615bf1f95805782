-- Threads. Each is a channel, with the same id, and so has messages, pins and marks like any other. Its row in `channels`
-- names no guild: what goes through the channels of a guild cannot take it for one of them by mistake, and whoever asks
-- for one channel learns here whose eyes it is for.
create table threads (
    id bigint primary key references channels (id) on delete cascade,
    -- No foreign keys: a channel may have more threads than one commit should remove. While they are there they cannot be
    -- reached without their parent, and the purge removes them.
    guild_id bigint not null,
    parent_id bigint not null,
    owner_id bigint not null references users (id),
    -- The message it was started from, which may be gone.
    starter_id bigint,
    message_count bigint not null default 0,
    -- An id of the moment when something was said in it last, or when it was started or opened again.
    active_id bigint not null,
    auto_archive_minutes bigint not null,
    archived_at bigint
);
-- One thread for a message; and a page of history finds those of its messages.
create unique index threads_by_starter on threads (parent_id, starter_id) where starter_id is not null;
-- The lists of a channel, newest activity first.
create index threads_open on threads (parent_id, active_id) where archived_at is null;
create index threads_archived on threads (parent_id, active_id) where archived_at is not null;
-- The snapshot of a guild, and how many of them there are.
create index threads_active on threads (guild_id) where archived_at is null;
-- Those that were quiet for long enough.
create index threads_idle on threads (auto_archive_minutes, active_id) where archived_at is null;
-- Those of a whole guild that were active last, for searching; and what a deleted guild leaves.
create index threads_by_guild on threads (guild_id, active_id);

-- Who follows which thread: only then is something unread in it.
create table thread_members (
    user_id bigint not null references users (id) on delete cascade,
    guild_id bigint not null,
    thread_id bigint not null,
    is_muted boolean not null default false,
    primary key (user_id, guild_id, thread_id)
);
create index thread_members_by_thread on thread_members (thread_id);

-- Whose eyes an event of a thread is for: those who can view this channel. None for all others.
alter table events add column audience_id bigint;

-- @everyone may start threads and write in them, bits 35 and 38, as in guilds that are made from now on.
update roles set permissions = permissions | 309237645312 where id = guild_id;
