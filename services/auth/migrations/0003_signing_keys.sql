-- The keys of access tokens. seq counts up: of two replicas that both make the next key, one inserts it.
-- A key signs from active_from until the next one does. sealed is the private key, encrypted by AUTH_SEALING_KEY.
CREATE TABLE IF NOT EXISTS signing_keys (
	seq         INT            NOT NULL,
	id          VARCHAR(32)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	sealed      VARBINARY(255) NOT NULL,
	active_from DATETIME(6)    NOT NULL,
	created_at  DATETIME(6)    NOT NULL,
	PRIMARY KEY (seq)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
