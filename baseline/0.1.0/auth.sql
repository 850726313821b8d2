CREATE TABLE `accounts` (
  `id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `email` varchar(75) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `email_key` varchar(75) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `password_hash` varchar(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `epoch` int(11) NOT NULL,
  `created_at` datetime(6) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `accounts_by_email` (`email_key`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `accounts` (`id`, `email`, `email_key`, `password_hash`, `epoch`, `created_at`) VALUES ('01a20a70-cf16-7034-b3d2-d4eed983b471', 'ann@example.test', 'ann@example.test', '$argon2id$v=19$m=19456,t=2,p=1$2q7xsDnSSpSHMmU33lg6sA$wFF9NXjsvzmVmxJLuqiuUm9kjwkXlrBQtj5rVgEUgR8', '1', '2026-11-23 22:04:54.934014');
INSERT INTO `accounts` (`id`, `email`, `email_key`, `password_hash`, `epoch`, `created_at`) VALUES ('01a20a70-cfce-796a-a419-ae70e823c045', 'bob@example.test', 'bob@example.test', '$argon2id$v=19$m=19456,t=2,p=1$M7Zp0ND1AOdv0Zfbkt1Ifg$aqeKycjFxBG63Wr09kWfnrmMlJ6EUTj3lv5aFpmmj+E', '1', '2026-11-23 22:04:55.118618');
CREATE TABLE `idem` (
  `person_id` varchar(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `request_id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `method` varchar(120) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `req_hash` binary(32) NOT NULL,
  `resource` varchar(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `etag` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `nonce` binary(16) NOT NULL,
  `created_at` datetime(6) NOT NULL,
  PRIMARY KEY (`person_id`,`request_id`),
  KEY `idem_by_age` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `idem` (`person_id`, `request_id`, `method`, `req_hash`, `resource`, `etag`, `nonce`, `created_at`) VALUES ('', '0e00bd81-a65d-4b2a-9c99-b38629bd7bae', '/notejam.auth.v1.AuthService/SignUp', 0x9FA54EF8E4A96129181C932327CFAAC8C8015878E45CB39746F538EB034CB634, 'accounts/01a20a70-cfce-796a-a419-ae70e823c045', '', 0xB9AF71A2E0BDFDF17991A7F358F65257, '2026-11-23 22:04:55.118983');
INSERT INTO `idem` (`person_id`, `request_id`, `method`, `req_hash`, `resource`, `etag`, `nonce`, `created_at`) VALUES ('', '54f4e7dd-e7a9-4a36-b33b-4f2e01562af3', '/notejam.auth.v1.AuthService/SignUp', 0xB1A0605670E6F5B350BFB3F341E4BA15C107301B687D0DC8BE3AE103080A21E0, 'accounts/01a20a70-cf16-7034-b3d2-d4eed983b471', '', 0xCBEB696AFA4987B3C09DC002CD6E374D, '2026-11-23 22:04:54.934337');
CREATE TABLE `outbox` (
  `event_id` varchar(36) NOT NULL,
  `agg` varchar(80) NOT NULL,
  `agg_seq` bigint(20) NOT NULL,
  `type` varchar(80) NOT NULL,
  `payload` mediumtext NOT NULL,
  `status` tinyint(4) NOT NULL DEFAULT 0,
  `visible_at` datetime(6) NOT NULL,
  `claim` varchar(60) DEFAULT NULL,
  `attempts` int(11) NOT NULL DEFAULT 0,
  `sent_at` datetime(6) DEFAULT NULL,
  PRIMARY KEY (`event_id`),
  KEY `k_due` (`status`,`visible_at`),
  KEY `k_claim` (`claim`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `outbox` (`event_id`, `agg`, `agg_seq`, `type`, `payload`, `status`, `visible_at`, `claim`, `attempts`, `sent_at`) VALUES ('01a20a70-cf16-7a72-8cbd-c321d39d46b7', 'accounts/01a20a70-cf16-7034-b3d2-d4eed983b471', '0', 'notejam.auth.account.created.v1', '{"specversion":"1.0","id":"01a20a70-cf16-7a72-8cbd-c321d39d46b7","source":"auth","type":"notejam.auth.account.created.v1","subject":"accounts/01a20a70-cf16-7034-b3d2-d4eed983b471","time":"2026-11-23T22:04:54.934685Z","actor":"01a20a70-cf16-7034-b3d2-d4eed983b471","request_id":"01a20a70-ceef-7898-94cd-840880828a76"}', '1', '2026-11-23 22:05:54.942884', 'a327defd-e560-4c16-8bf3-30ebe77676ab', '1', '2026-11-23 22:04:54.944710');
INSERT INTO `outbox` (`event_id`, `agg`, `agg_seq`, `type`, `payload`, `status`, `visible_at`, `claim`, `attempts`, `sent_at`) VALUES ('01a20a70-cf29-7df3-a9b4-acce30272a86', 'sessions/01a20a70-cf29-7102-bf85-4d2003ec3e98', '0', 'notejam.auth.session.created.v1', '{"specversion":"1.0","id":"01a20a70-cf29-7df3-a9b4-acce30272a86","source":"auth","type":"notejam.auth.session.created.v1","subject":"sessions/01a20a70-cf29-7102-bf85-4d2003ec3e98","time":"2026-11-23T22:04:54.953914Z","actor":"01a20a70-cf16-7034-b3d2-d4eed983b471","request_id":"01a20a70-cf17-7789-8507-21f02623a6c7"}', '1', '2026-11-23 22:05:54.955074', '05c9ef02-34dd-4b9b-a937-1c34d75a74ff', '1', '2026-11-23 22:04:54.956323');
INSERT INTO `outbox` (`event_id`, `agg`, `agg_seq`, `type`, `payload`, `status`, `visible_at`, `claim`, `attempts`, `sent_at`) VALUES ('01a20a70-cfcf-7494-828c-7eb1a5c3f7a1', 'accounts/01a20a70-cfce-796a-a419-ae70e823c045', '0', 'notejam.auth.account.created.v1', '{"specversion":"1.0","id":"01a20a70-cfcf-7494-828c-7eb1a5c3f7a1","source":"auth","type":"notejam.auth.account.created.v1","subject":"accounts/01a20a70-cfce-796a-a419-ae70e823c045","time":"2026-11-23T22:04:55.119301Z","actor":"01a20a70-cfce-796a-a419-ae70e823c045","request_id":"01a20a70-cfa4-76f5-af6e-22b1aedf72ca"}', '1', '2026-11-23 22:05:55.120481', '24a59a73-f0bb-4400-a0c9-3932d6ae70dd', '1', '2026-11-23 22:04:55.124799');
INSERT INTO `outbox` (`event_id`, `agg`, `agg_seq`, `type`, `payload`, `status`, `visible_at`, `claim`, `attempts`, `sent_at`) VALUES ('01a20a70-cfe2-757b-8eef-e465ba075869', 'sessions/01a20a70-cfe1-7872-bee1-da57646c97a7', '0', 'notejam.auth.session.created.v1', '{"specversion":"1.0","id":"01a20a70-cfe2-757b-8eef-e465ba075869","source":"auth","type":"notejam.auth.session.created.v1","subject":"sessions/01a20a70-cfe1-7872-bee1-da57646c97a7","time":"2026-11-23T22:04:55.138359Z","actor":"01a20a70-cfce-796a-a419-ae70e823c045","request_id":"01a20a70-cfd0-7367-9bb7-2a4fbff6dd4d"}', '1', '2026-11-23 22:05:55.138867', 'e0114c8d-572c-4829-a23f-68ce811471e4', '1', '2026-11-23 22:04:55.139682');
CREATE TABLE `schema_migrations` (
  `version` int(11) NOT NULL,
  `name` varchar(100) NOT NULL,
  `checksum` char(64) NOT NULL,
  `dirty` tinyint(4) NOT NULL,
  `applied_at` datetime(6) NOT NULL,
  PRIMARY KEY (`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('1', '0001_accounts.sql', 'dbdf1a53fcd6cc37f47454127099b5d36d121cce0acb7bc3be9288f5f527bc60', '0', '2026-11-23 22:04:54.794611');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('2', '0002_sessions.sql', 'a862f96df2e5285d0054f353329882fcb8716960555aba8cb0404f722663f170', '0', '2026-11-23 22:04:54.796958');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('3', '0003_signing_keys.sql', '87a24fcbb6bb215bc1a7ef6c54b035de8b84044e1671b4986912cd7f83438830', '0', '2026-11-23 22:04:54.798457');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('4', '0004_idem.sql', 'e1411b6edc1c935ac7641b7a15c00f0e6fdd47b4a91202d1c14aae1ffc363ac7', '0', '2026-11-23 22:04:54.800294');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('5', '0005_outbox.sql', '7257260bb78fd07ad40d574b91a1be26eab351775b9dceb001a22e5939d77197', '0', '2026-11-23 22:04:54.802219');
CREATE TABLE `sessions` (
  `id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `account_id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `secret_hash` binary(32) NOT NULL,
  `epoch` int(11) NOT NULL,
  `request_id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `created_at` datetime(6) NOT NULL,
  `last_used_at` datetime(6) NOT NULL,
  `expires_at` datetime(6) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `sessions_by_secret` (`secret_hash`),
  KEY `sessions_by_account` (`account_id`,`created_at`),
  KEY `sessions_by_expiry` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `sessions` (`id`, `account_id`, `secret_hash`, `epoch`, `request_id`, `created_at`, `last_used_at`, `expires_at`) VALUES ('01a20a70-cf29-7102-bf85-4d2003ec3e98', '01a20a70-cf16-7034-b3d2-d4eed983b471', 0xDE502DA795389D7DD0FAB45012A1E33C0FBFAB5A60E7009D4EB2CAD69A46BE80, '1', '3e0bdca1-9747-44c2-a106-99faff4b4c1e', '2026-11-23 22:04:54.953297', '2026-11-23 22:04:54.953297', '2026-11-30 22:04:54.953297');
INSERT INTO `sessions` (`id`, `account_id`, `secret_hash`, `epoch`, `request_id`, `created_at`, `last_used_at`, `expires_at`) VALUES ('01a20a70-cfe1-7872-bee1-da57646c97a7', '01a20a70-cfce-796a-a419-ae70e823c045', 0xAD2A7BC49B71914A8AFA3BF9BCFD04D28D67504A59A1696BABE9FBB12DFDFDA2, '1', 'a34494f2-8df9-40dc-bd09-b064e90362e3', '2026-11-23 22:04:55.137794', '2026-11-23 22:04:55.137794', '2026-11-30 22:04:55.137794');
CREATE TABLE `signing_keys` (
  `seq` int(11) NOT NULL,
  `id` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sealed` varbinary(255) NOT NULL,
  `active_from` datetime(6) NOT NULL,
  `created_at` datetime(6) NOT NULL,
  PRIMARY KEY (`seq`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
