-- The one source of order: a counter per stream and the log of what it counted. `kind` is 0 guild, 1 direct
-- conversation, 2 person. A payload is null once the text it held was deleted.
create table streams (
    kind bigint not null,
    id bigint not null,
    rev bigint not null,
    primary key (kind, id)
);

create table events (
    stream_kind bigint not null,
    stream_id bigint not null,
    rev bigint not null,
    kind text not null,
    channel_id bigint,
    message_id bigint,
    payload text,
    created_at bigint not null,
    primary key (stream_kind, stream_id, rev)
);
-- Deleting a message or a channel has to find every event that holds its text.
create index events_by_message on events (channel_id, message_id) where channel_id is not null;
