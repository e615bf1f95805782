-- One conversation per pair, whoever opens it first: the pair is stored in order and unique.
create table dms (
    channel_id integer primary key references channels (id) on delete cascade,
    low_user_id integer not null references users (id),
    high_user_id integer not null references users (id),
    unique (low_user_id, high_user_id)
);

-- `is_open`: whether the conversation is in that person's list. The first message opens it for both.
create table dm_members (
    user_id integer not null references users (id) on delete cascade,
    channel_id integer not null references dms (channel_id) on delete cascade,
    is_open boolean not null,
    primary key (user_id, channel_id)
) without rowid;
create index dm_members_by_channel on dm_members (channel_id);
