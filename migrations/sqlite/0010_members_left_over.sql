-- Members of a deleted guild are removed in steps, like what was said in it: a commit that takes a hundred thousand of
-- them along stops every writer. So they do not hang on the guild's row any more, but count only together with it,
-- and what somebody has of a role only together with the role. SQLite changes no references, so the tables are made anew.
create table kept_roles as select guild_id, user_id, role_id from member_roles;
drop table member_roles;

create table new_members (
    guild_id integer not null,
    user_id integer not null references users (id) on delete cascade,
    joined_at integer not null,
    primary key (guild_id, user_id)
) without rowid;
insert into new_members (guild_id, user_id, joined_at) select guild_id, user_id, joined_at from members;
drop table members;
alter table new_members rename to members;
create index members_by_user on members (user_id);

create table member_roles (
    guild_id integer not null,
    user_id integer not null,
    role_id integer not null,
    primary key (guild_id, user_id, role_id),
    foreign key (guild_id, user_id) references members (guild_id, user_id) on delete cascade
) without rowid;
insert into member_roles (guild_id, user_id, role_id) select guild_id, user_id, role_id from kept_roles;
drop table kept_roles;
