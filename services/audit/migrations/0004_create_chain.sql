-- Which event follows which in an account's trail, and the hash over all up to it; see chain.go. The account '' has the events of nobody. Rows are only
-- ever added, like those of events. An event has one link; one without was put there behind the service's back, or by a release that made no chains.
CREATE TABLE IF NOT EXISTS chain (
	account  VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	seq      BIGINT      NOT NULL,                                       -- 1, 2, 3 …
	event_id CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	hash     BINARY(32)  NOT NULL,
	PRIMARY KEY (account, seq),
	UNIQUE KEY chain_by_event (event_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
