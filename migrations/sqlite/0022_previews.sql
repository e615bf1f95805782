-- What is behind the links of messages. It is looked at after the message was sent, so that nobody waits for a stranger's
-- server: what is still to be done is a row of `queue`, written with the message. Who takes one moves its `run_at` ahead and
-- puts a `lease` of its own on it; whoever crashes leaves it to the next one at that time.
create table queue (
    id integer primary key,
    kind text not null,
    -- What it is about: there is at most one of a kind.
    key text not null,
    payload text not null,
    run_at integer not null,
    attempts integer not null,
    lease integer,
    last_error text
);
create unique index queue_by_subject on queue (kind, key);
create index queue_by_time on queue (run_at);

-- An address as it was found when somebody last looked. What is kind 0 has nothing to be shown: no page, or a failure.
create table previews (
    id integer primary key,
    url_hash blob not null,
    kind integer not null,
    site_name text not null,
    title text not null,
    description text not null,
    -- A secret, under which the picture is fetched; its file has the name of the row.
    picture_key text,
    picture_size integer not null,
    width integer,
    height integer,
    fetched_at integer not null,
    expires_at integer not null
);
create index previews_by_url on previews (url_hash, expires_at);
create unique index previews_by_picture on previews (picture_key) where picture_key is not null;

-- Which previews a message shows. They are kept as long as one does.
create table embeds (
    channel_id integer not null,
    message_id integer not null,
    place integer not null,
    url text not null,
    preview_id integer not null,
    primary key (channel_id, message_id, place)
) without rowid;
create index embeds_by_preview on embeds (preview_id);

-- Numbers of flags are Discord's: 4 is SUPPRESS_EMBEDS.
alter table messages add column flags integer not null default 0;

-- @everyone's links are shown with what is behind them, bit 14, as in guilds that are made from now on.
update roles set permissions = permissions | 16384 where id = guild_id;
