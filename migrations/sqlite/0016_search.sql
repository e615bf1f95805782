-- Messages are found by their words. The index is written after the commit of a message, so that sending waits for none
-- of it; what is edited or deleted leaves it in the same commit. It is empty at first, and `backend::indexing` fills it
-- beside the running instance. A migration that changes what it holds empties all three tables.
create table searchable (
    message_id integer primary key,
    channel_id integer not null,
    -- Known here because the channel may be gone when the entry has to be taken out.
    guild_id integer,
    -- What the message has, as bits: link, image, file, poll, pinned.
    features integer not null
);
create index searchable_by_channel on searchable (channel_id, message_id);

-- How far each channel is in the index: from one message to another, both within. Nothing is missing before it where
-- `from_id` is 0.
create table search_positions (
    channel_id integer primary key,
    from_id integer not null,
    to_id integer not null
);

-- Keeps no text, only where words stand: the text is in `messages`. `words` is what a message says, `marks` what it is
-- found by besides (its channel, its author …). The program cuts texts into words; here they end at blanks.
create virtual table search_words using fts5 (words, marks, content = '', columnsize = 0, tokenize = 'ascii');
-- What is taken out is gone from the file's pages at once, not with some later merge.
insert into search_words (search_words, rank) values ('secure-delete', 1);
