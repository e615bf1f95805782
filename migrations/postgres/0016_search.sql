-- Messages are found by their words. The index is written after the commit of a message, so that sending waits for none
-- of it; what is edited or deleted leaves it in the same commit. It is empty at first, and `backend::indexing` fills it
-- beside the running instance. A migration that changes what it holds empties both tables.
create table searchable (
    message_id bigint primary key,
    channel_id bigint not null,
    -- Known here because the channel may be gone when the entry has to be taken out.
    guild_id bigint,
    -- What the message has, as bits: link, image, file, poll, pinned.
    features bigint not null,
    -- What the message says, and, with a colon before it, what it is found by besides (its channel, its author …). The
    -- program cuts texts into words.
    words tsvector not null
);
create index searchable_by_channel on searchable (channel_id, message_id);
-- The newest messages of a guild are looked through before the index of words is asked, see `store::search`.
create index searchable_by_guild on searchable (guild_id, message_id);
-- Entries that wait to be sorted in are looked through by every search, so there are few of them: 256 KiB.
create index searchable_by_words on searchable using gin (words) with (gin_pending_list_limit = 256);

-- How far each channel is in the index: from one message to another, both within. Nothing is missing before it where
-- `from_id` is 0.
create table search_positions (
    channel_id bigint primary key,
    from_id bigint not null,
    to_id bigint not null
);
