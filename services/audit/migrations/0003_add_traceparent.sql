-- done-when: SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'events' AND column_name = 'traceparent'
ALTER TABLE events ADD COLUMN traceparent VARCHAR(55) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' -- W3C Trace Context; '' for none
