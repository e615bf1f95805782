-- A read mark only moved forward; now "Mark unread" moves it back, and then of two marks the further one is not the newer
-- one. How often it was moved back tells them apart.
alter table read_marks add column turns bigint not null default 0;
