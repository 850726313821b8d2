-- What a session was started with and from, as its event says it; empty when that is not known, as for sessions older than these columns.
-- done-when: SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'sessions' AND column_name = 'network'
ALTER TABLE sessions
	ADD COLUMN device  VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
	ADD COLUMN network VARCHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
	ALGORITHM = INPLACE,
	LOCK = NONE
