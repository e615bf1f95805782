-- What a client already asked for: a repeated request finds its first result here for seven days.
create table nonces (
    author_id bigint not null references users (id) on delete cascade,
    nonce text not null,
    target_id bigint not null,
    body_hash bytea not null,
    created_at bigint not null,
    primary key (author_id, nonce)
);
create index nonces_by_age on nonces (created_at);
