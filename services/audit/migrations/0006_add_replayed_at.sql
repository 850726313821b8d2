-- When a message was found to be an event after all and recorded, which a later release can do; see `audit quarantine replay`. It is all that the service
-- may change in this table.
-- done-when: SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'quarantine' AND column_name = 'replayed_at'
ALTER TABLE quarantine
	ADD COLUMN replayed_at DATETIME(6) NULL, -- by the database's clock; NULL while it is in quarantine
	ADD KEY quarantine_waiting (replayed_at, reason, received_at)
