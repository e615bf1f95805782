-- People are found by the beginning of their names. `like` compares without case here, so the index has to as well.
create index users_by_username on users (username collate nocase);
create index users_by_folded_name on users (folded_name collate nocase);
