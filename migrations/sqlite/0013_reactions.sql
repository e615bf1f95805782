-- Reactions. Each emoji under a message has a row with its count, because a page of messages shows counts and must not
-- visit everybody who reacted; who did has rows of their own. While the message is there, both change in the same write.
create table reactions (
    channel_id integer not null,
    message_id integer not null,
    emoji text not null,
    -- Emoji stand in the order they first came.
    place integer not null,
    count integer not null,
    primary key (channel_id, message_id, emoji)
) without rowid;

create table reactors (
    channel_id integer not null,
    message_id integer not null,
    emoji text not null,
    -- No cascade: it would take people away and leave the counts. Whoever removes an account takes its reactions back
    -- first.
    user_id integer not null references users (id),
    primary key (channel_id, message_id, emoji, user_id)
) without rowid;
-- Which of the emoji on a page are somebody's own.
create index reactors_by_user on reactors (user_id, channel_id, message_id);

-- @everyone may react, bit 6, as in guilds that are made from now on.
update roles set permissions = permissions | 64 where id = guild_id;
