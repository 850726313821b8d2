-- A person's activities by kind: with the type in the index that gives their order, a page of a rare kind reads index entries only, and writes have no
-- further index to keep.
-- done-when: SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'events' AND index_name = 'events_by_actor_type'
ALTER TABLE events
	ADD KEY events_by_actor_type (actor, occurred_at, id, type),
	DROP KEY events_by_actor,
	ALGORITHM = INPLACE,
	LOCK = NONE
