-- What a client already asked for: a repeated request finds its first result here for seven days.
create table nonces (
    author_id integer not null references users (id) on delete cascade,
    nonce text not null,
    target_id integer not null,
    body_hash blob not null,
    created_at integer not null,
    primary key (author_id, nonce)
) without rowid;
create index nonces_by_age on nonces (created_at);
