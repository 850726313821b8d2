-- Each of the four orders of a list is an index, and so is each within a pad: a page reads its own rows and no others, be it the first or the
-- thousandth. Titles are ordered and compared by utf8mb4_unicode_ci, which MySQL and MariaDB share; those that it holds for equal are ordered by id.
CREATE TABLE IF NOT EXISTS notes (
	id         CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	owner_id   CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	pad_id     CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- '' in no pad
	title      VARCHAR(100) NOT NULL,
	text       MEDIUMTEXT   NOT NULL,
	snippet    VARCHAR(200) NOT NULL,                                       -- the beginning of the text, so that lists need not read the text
	etag       CHAR(32)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- random, new on each write
	version    BIGINT       NOT NULL,                                       -- one more on each write
	created_at DATETIME(6)  NOT NULL,
	updated_at DATETIME(6)  NOT NULL,
	deleted_at DATETIME(6)  NULL,
	deleted    TINYINT      GENERATED ALWAYS AS (deleted_at IS NOT NULL) STORED,
	with_pad   TINYINT      NOT NULL DEFAULT 0,                             -- 1: deleted together with its pad, and comes back with it
	PRIMARY KEY (id),
	KEY notes_by_update (owner_id, deleted, updated_at, id),
	KEY notes_by_title (owner_id, deleted, title, id),
	KEY notes_by_pad_update (owner_id, deleted, pad_id, updated_at, id),
	KEY notes_by_pad_title (owner_id, deleted, pad_id, title, id),
	KEY notes_by_deletion (deleted_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
