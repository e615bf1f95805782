-- Display names with small letters, for finding people: the database folds ASCII alone, so the program does it.
alter table users add column folded_name text not null default '';
update users set folded_name = lower(display_name);
