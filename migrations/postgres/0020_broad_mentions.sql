-- Whoever addresses many is one row and not one for each of them: a row a role, of which that of @everyone has the guild's
-- id. Role 0 is @here, which is of no role: those who were here have rows in `mentions`.
create table broad_mentions (
    channel_id bigint not null,
    message_id bigint not null,
    role_id bigint not null,
    -- Nobody addresses themselves.
    author_id bigint not null,
    primary key (channel_id, message_id, role_id)
);
-- The newest for somebody, in all places: the inbox.
create index broad_mentions_by_role on broad_mentions (role_id, message_id, author_id);

-- In which ways a message addresses a person, as bits: 1 by name, 2 by @here. 4 is its author, for whom it does not count.
alter table mentions add column ways bigint not null default 1;
update mentions set ways = 5 where exists (select 1 from messages m
    where m.channel_id = mentions.channel_id and m.id = mentions.message_id and m.author_id = mentions.user_id);
create index mentions_by_user on mentions (user_id, message_id, ways);
