-- How far a process that serves nobody, such as a command, has got a stream. The one that serves reads it a moment later
-- and looks into the log; see `store::hints`.
create table hints (
    id bigint primary key,
    stream_kind bigint not null,
    stream_id bigint not null,
    rev bigint not null
);
