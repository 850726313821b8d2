-- What was signed about chains: that at a time an account's chain had so many links, the last one with this hash. Rows are only ever added.
CREATE TABLE IF NOT EXISTS checkpoints (
	account   VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	seq       BIGINT      NOT NULL,                                       -- of the last link
	hash      BINARY(32)  NOT NULL,                                       -- of that link
	signed_at DATETIME(6) NOT NULL,                                       -- by the signer's clock, the same for a whole run
	key_id    CHAR(16)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- which key: see checkpoint.go
	signature BINARY(64)  NOT NULL,                                       -- Ed25519
	PRIMARY KEY (account, seq),
	KEY checkpoints_by_run (signed_at, account)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
