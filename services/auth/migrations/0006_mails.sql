-- Mails that were asked for: of what kind and to whose account, no address and no token. All times are the database's.
-- A row is found by its state; who sends it has written a token of the moment into claim, for as long as visible_at says.
CREATE TABLE IF NOT EXISTS mails (
	id         CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- UUIDv7
	kind       VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- password_reset
	account_id CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	status     TINYINT     NOT NULL DEFAULT 0, -- 0 to be sent, 1 sent, 2 given up
	visible_at DATETIME(6) NOT NULL,           -- not to be sent before; while claimed, the end of the lease
	claim      CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NULL,
	attempts   INT         NOT NULL DEFAULT 0,
	created_at DATETIME(6) NOT NULL,
	PRIMARY KEY (id),
	KEY mails_due (status, visible_at),
	KEY mails_by_age (status, created_at),
	KEY mails_by_account (account_id, status)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
