-- Who holds which node number of the ids, so that two processes never make the same one. A lease ends later
-- than any id made under it.
create table node_leases (
    node integer primary key,
    holder text not null,
    expires_at integer not null
);

-- Facts about the installation, such as which schema the newest binary had.
create table instance (
    name text primary key,
    value text not null
);
