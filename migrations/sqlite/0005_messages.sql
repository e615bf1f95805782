-- Messages stand in reading order under their channel, so a page of history is one walk along the key. They
-- outlive a deleted channel for moments, until the purge has removed them in small steps.
create table messages (
    channel_id integer not null,
    id integer not null,
    author_id integer not null references users (id),
    kind integer not null,
    content text not null,
    edited_at integer,
    reply_to_id integer,
    primary key (channel_id, id)
) without rowid;
-- Deleting a message has to find its quotations.
create index messages_by_reply on messages (channel_id, reply_to_id) where reply_to_id is not null;

create table mentions (
    user_id integer not null,
    channel_id integer not null,
    message_id integer not null,
    primary key (user_id, channel_id, message_id)
) without rowid;
create index mentions_by_message on mentions (channel_id, message_id);

create table read_marks (
    user_id integer not null references users (id) on delete cascade,
    channel_id integer not null,
    last_read_id integer not null,
    primary key (user_id, channel_id)
) without rowid;
create index read_marks_by_channel on read_marks (channel_id);

-- Channels whose messages still have to be removed.
create table purges (
    channel_id integer primary key
);
