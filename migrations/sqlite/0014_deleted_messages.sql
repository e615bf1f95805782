-- Deleting a message is a short commit, however many reacted to it: it is noted here, and a job removes who did in
-- steps. Nobody may ask for them any more, because that is answered only for a message that is there.
create table reactor_purges (
    channel_id integer not null,
    message_id integer not null,
    primary key (channel_id, message_id)
) without rowid;

-- What holds a message's text is found without a walk through the reactions to it.
drop index events_by_message;
create index events_by_message on events (channel_id, message_id, kind) where channel_id is not null;
