-- What happened, one row for each event. Rows are only ever added: the service's user needs SELECT and INSERT here and nothing else.
-- The primary key is what makes an event that arrives twice count once.
CREATE TABLE IF NOT EXISTS events (
	id              CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- the event's, a UUIDv7
	source          VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- the service where it happened
	type            VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	subject         VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- name of the resource that it happened to
	subject_version BIGINT      NOT NULL,                                       -- its version afterwards; 0 when it has none
	actor           VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- the person whose event it is; '' for nobody's
	request_id      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	data            MEDIUMTEXT  NOT NULL,                                       -- a JSON object, as it came
	occurred_at     DATETIME(6) NOT NULL,                                       -- by the clock of the service where it happened
	recorded_at     DATETIME(6) NOT NULL,                                       -- by the database's clock
	PRIMARY KEY (id),
	KEY events_by_actor (actor, occurred_at, id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
