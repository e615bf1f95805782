-- Sessions past their limits are removed in steps, from the oldest on.
create index sessions_by_end on sessions (expires_at);
create index sessions_by_use on sessions (last_used_at);
