-- Messages that are no events. The digest is SHA-256 of the body: the same poison, however often it comes, is one row.
CREATE TABLE IF NOT EXISTS quarantine (
	message_digest BINARY(32)   NOT NULL,
	reason         VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	body           MEDIUMBLOB   NOT NULL, -- bytes, for it may be no text
	received_at    DATETIME(6)  NOT NULL, -- by the database's clock
	PRIMARY KEY (message_digest)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
