-- What is worth finding again is pinned to its channel. A column and not a table: a deleted message takes its pin along.
alter table messages add column pinned_at integer;
create index messages_pinned on messages (channel_id, pinned_at) where pinned_at is not null;
