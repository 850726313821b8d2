-- Since 0.2.0 rows are found by their state or their id, and their claim is only compared: nothing looks for a claim any more, and each event wrote it
-- into this index and took it out again.
-- done-when: SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'outbox' AND index_name = 'k_claim')
ALTER TABLE outbox
	DROP KEY k_claim,
	ALGORITHM = INPLACE,
	LOCK = NONE
