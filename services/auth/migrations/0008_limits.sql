-- Buckets of tokens, see the package limittable. k is a keyed hash: no address is in it. A bucket that is full needs no row.
CREATE TABLE IF NOT EXISTS limits (
	k      BINARY(32) NOT NULL,
	tat_us BIGINT     NOT NULL, -- when the bucket is full again: microseconds since 1970 by the database's clock
	PRIMARY KEY (k),
	KEY limits_by_time (tat_us)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
