-- Personal access tokens that have not been deleted; all times are the database's. secret_hash is SHA-256 of the secret in the token, which is found by
-- its id. A token works until expires_at is over or the account has another epoch.
CREATE TABLE IF NOT EXISTS tokens (
	id           CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- UUIDv7
	account_id   CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	secret_hash  BINARY(32)   NOT NULL,
	epoch        INT          NOT NULL,
	title        VARCHAR(100) NOT NULL,
	scopes       VARCHAR(120) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- with blanks between
	created_at   DATETIME(6)  NOT NULL,
	last_used_at DATETIME(6)  NULL, -- not used yet
	expires_at   DATETIME(6)  NOT NULL,
	PRIMARY KEY (id),
	KEY tokens_by_account (account_id, created_at),
	KEY tokens_by_expiry (expires_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
