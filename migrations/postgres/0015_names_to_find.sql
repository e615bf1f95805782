-- People are found by the beginning of their names, whatever the language of the database.
create index users_by_username on users (username text_pattern_ops);
create index users_by_folded_name on users (folded_name text_pattern_ops);
