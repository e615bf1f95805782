-- Members of a deleted guild are removed in steps, like what was said in it: a commit that takes a hundred thousand of
-- them along stops every writer. So they do not hang on the guild's row any more, but count only together with it,
-- and what somebody has of a role only together with the role.
alter table members drop constraint members_guild_id_fkey;
alter table member_roles drop constraint member_roles_role_id_fkey;
drop index member_roles_by_role;
