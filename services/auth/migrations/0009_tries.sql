-- Passwords that were tried and not found right, one row each, for an hour. k is a keyed hash of whose password and from where: no address is in it.
CREATE TABLE IF NOT EXISTS tries (
	k        BINARY(32)  NOT NULL,
	seq      INT         NOT NULL, -- counts the tries of one k: of two at once only one is the next
	tried_at DATETIME(6) NOT NULL, -- by the database's clock
	PRIMARY KEY (k, seq),
	KEY tries_by_age (tried_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
