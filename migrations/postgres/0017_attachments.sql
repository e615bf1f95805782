-- Files of messages. The bytes are on disk under the attachment's id, and are there before the row is: without a row
-- nobody is given them. A row without an end belongs to a message; one that waits for its message ends when it has waited
-- long enough; and one that is not wanted any more has its end at 0, is found by nobody, and goes after its file.
create table attachments (
    id bigint primary key,
    channel_id bigint not null,
    message_id bigint,
    author_id bigint not null references users (id),
    -- Files stand in the order their author gave them.
    place bigint not null,
    filename text not null,
    content_type text not null,
    size bigint not null,
    -- 0 when there is no preview.
    preview_size bigint not null,
    width bigint,
    height bigint,
    is_animated boolean not null,
    description text not null,
    is_spoiler boolean not null,
    expires_at bigint
);
-- A page of history is one walk along it, with the files of all its messages.
create index attachments_by_message on attachments (channel_id, message_id, place);
create index attachments_by_end on attachments (expires_at) where expires_at is not null;

-- How many bytes each person's files take, and under 0 all together: every upload asks, and must not add up all files.
create table stored (
    owner_id bigint primary key,
    bytes bigint not null
);

-- @everyone may attach files, bit 15, as in guilds that are made from now on.
update roles set permissions = permissions | 32768 where id = guild_id;
