-- People and where they are signed in. Only a hash of the session token is stored, so a stolen database
-- signs nobody in.
create table users (
    id bigint primary key,
    username text not null unique,
    display_name text not null,
    email text unique,
    password_hash text not null,
    is_instance_owner boolean not null default false,
    -- JSON of protocol::entity::Settings: read and written whole, never searched.
    settings text not null default '{}',
    created_at bigint not null
);

create table sessions (
    id bigint primary key,
    user_id bigint not null references users (id) on delete cascade,
    token_hash bytea not null unique,
    device text not null,
    created_at bigint not null,
    last_used_at bigint not null,
    expires_at bigint not null
);
create index sessions_by_user on sessions (user_id);
