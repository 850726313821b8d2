-- The last link of each account's chain. Whoever adds to a chain takes its row first: that is what keeps links in one line. The one table of the trail
-- whose rows change.
CREATE TABLE IF NOT EXISTS heads (
	account        VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	seq            BIGINT      NOT NULL,                                       -- of the last link; 0 before the first
	hash           BINARY(32)  NOT NULL,
	checkpoint_seq BIGINT      NOT NULL DEFAULT 0,                             -- of the last link that a signed checkpoint covers
	due            TINYINT     GENERATED ALWAYS AS (seq > checkpoint_seq) STORED,
	PRIMARY KEY (account),
	KEY heads_due (due, account)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
