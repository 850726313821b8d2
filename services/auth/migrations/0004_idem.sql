CREATE TABLE IF NOT EXISTS idem (
	person_id  VARCHAR(36)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- whose request it is
	request_id CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- UUID in lower case
	method     VARCHAR(120) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- full gRPC method
	req_hash   BINARY(32)   NOT NULL,                                       -- SHA-256 of the request without secrets
	resource   VARCHAR(80)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- name of what was written
	etag       VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- its etag after the write
	nonce      BINARY(16)   NOT NULL,                                       -- random: no two attempts write the same row
	created_at DATETIME(6)  NOT NULL,                                       -- by the database's clock
	PRIMARY KEY (person_id, request_id),
	KEY idem_by_age (created_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
