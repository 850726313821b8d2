-- The order in which pads were made is that of their ids, UUIDv7.
CREATE TABLE IF NOT EXISTS pads (
	id         CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	owner_id   CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	title      VARCHAR(100) NOT NULL,
	note_count INT          NOT NULL,                                       -- live notes in it
	etag       CHAR(32)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- random, new on each write to the pad itself
	version    BIGINT       NOT NULL,                                       -- one more on each write to the pad itself
	created_at DATETIME(6)  NOT NULL,
	updated_at DATETIME(6)  NOT NULL,
	deleted_at DATETIME(6)  NULL,
	deleted    TINYINT      GENERATED ALWAYS AS (deleted_at IS NOT NULL) STORED,
	PRIMARY KEY (id),
	KEY pads_live (owner_id, deleted, id),
	KEY pads_all (owner_id, id),
	KEY pads_by_deletion (deleted_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
