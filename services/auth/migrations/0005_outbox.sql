CREATE TABLE IF NOT EXISTS outbox (
	event_id   VARCHAR(36)  NOT NULL PRIMARY KEY, -- UUIDv7: the key that makes every repeat harmless, from here to the trail
	agg        VARCHAR(80)  NOT NULL,             -- the resource that the event is about
	agg_seq    BIGINT       NOT NULL,             -- the resource's version after the change; 0 when it has none
	type       VARCHAR(80)  NOT NULL,
	payload    MEDIUMTEXT   NOT NULL,             -- the message's body
	status     TINYINT      NOT NULL DEFAULT 0,   -- 0 new, 1 sent, 2 parked
	visible_at DATETIME(6)  NOT NULL,             -- not to be sent before; while claimed, the end of the lease
	claim      VARCHAR(60)  NULL,                 -- token of the round that has the row
	attempts   INT          NOT NULL DEFAULT 0,
	sent_at    DATETIME(6)  NULL,
	KEY k_due (status, visible_at),
	KEY k_claim (claim)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
