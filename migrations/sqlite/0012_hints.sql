-- How far a process that serves nobody, such as a command, has got a stream. The one that serves reads it a moment later
-- and looks into the log; see `store::hints`.
create table hints (
    id integer primary key,
    stream_kind integer not null,
    stream_id integer not null,
    rev integer not null
);
