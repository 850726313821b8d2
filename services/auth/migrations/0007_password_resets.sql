-- Links to set a new password, made when their mail is sent. token_hash is SHA-256 of what the mail holds.
-- A link works until used_at is set, expires_at is over or the account has another epoch. All times are the database's.
CREATE TABLE IF NOT EXISTS password_resets (
	token_hash BINARY(32)  NOT NULL,
	account_id CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	epoch      INT         NOT NULL,
	expires_at DATETIME(6) NOT NULL,
	used_at    DATETIME(6) NULL,
	PRIMARY KEY (token_hash),
	KEY password_resets_by_expiry (expires_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
