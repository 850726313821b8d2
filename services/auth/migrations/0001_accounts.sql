-- One row for each person. email is as typed, email_key in lower case; both are ASCII by rule.
-- epoch grows with every change of the credentials; sessions and reset links of an older one do not hold.
CREATE TABLE IF NOT EXISTS accounts (
	id            CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	email         VARCHAR(75)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	email_key     VARCHAR(75)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	password_hash VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	epoch         INT          NOT NULL,
	created_at    DATETIME(6)  NOT NULL,
	PRIMARY KEY (id),
	UNIQUE KEY accounts_by_email (email_key)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
