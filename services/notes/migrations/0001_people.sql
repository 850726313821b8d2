-- One row for each person who ever wrote something: how many live notes and pads there are, so that a page need not count them. A transaction that
-- moves, deletes or makes notes or pads takes this row first, and so the counts, here and in pads, are always right.
CREATE TABLE IF NOT EXISTS people (
	owner_id   CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	note_count INT      NOT NULL,
	pad_count  INT      NOT NULL,
	PRIMARY KEY (owner_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
