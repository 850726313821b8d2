-- Sessions that have not been ended; all times are the database's. secret_hash is SHA-256 of what the browser holds.
-- expires_at is 7 days after the last use, at most 30 days after the start. request_id is the sign-in's.
CREATE TABLE IF NOT EXISTS sessions (
	id           CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	account_id   CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	secret_hash  BINARY(32)  NOT NULL,
	epoch        INT         NOT NULL,
	request_id   CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	created_at   DATETIME(6) NOT NULL,
	last_used_at DATETIME(6) NOT NULL,
	expires_at   DATETIME(6) NOT NULL,
	PRIMARY KEY (id),
	UNIQUE KEY sessions_by_secret (secret_hash),
	KEY sessions_by_account (account_id, created_at),
	KEY sessions_by_expiry (expires_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
