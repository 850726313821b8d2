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
INSERT INTO `accounts` (`id`, `email`, `email_key`, `password_hash`, `epoch`, `created_at`) VALUES ('01a211d1-dcc9-7310-bf28-0f55471ca561', 'ann@example.test', 'ann@example.test', '$argon2id$v=19$m=8,t=1,p=1$6KZzQLGefwAhJqo8cQ0vJQ$uWZv33Q30VbR6/ziBzwFGHzWyVzWC56eIucOKgLTNGk', '1', '2026-11-25 08:28:15.945201');
INSERT INTO `accounts` (`id`, `email`, `email_key`, `password_hash`, `epoch`, `created_at`) VALUES ('01a211d1-ddae-7072-a959-94b04144179c', 'bob@example.test', 'bob@example.test', '$argon2id$v=19$m=8,t=1,p=1$C9j0e80S/jOwWBGrtRfgfQ$IGjZw630RIrRgEPlZVm8MzTUkG4BAPA7qEyLVbjPsnk', '1', '2026-11-25 08:28:16.174030');
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
INSERT INTO `idem` (`person_id`, `request_id`, `method`, `req_hash`, `resource`, `etag`, `nonce`, `created_at`) VALUES ('', '038e5f88-8e7d-4f26-accc-9127e49f7cab', '/notejam.auth.v1.AuthService/SignUp', 0x9FA54EF8E4A96129181C932327CFAAC8C8015878E45CB39746F538EB034CB634, 'accounts/01a211d1-ddae-7072-a959-94b04144179c', '', 0xCB92BF03E0366C13EF88F805A46101AD, '2026-11-25 08:28:16.174285');
INSERT INTO `idem` (`person_id`, `request_id`, `method`, `req_hash`, `resource`, `etag`, `nonce`, `created_at`) VALUES ('', 'e8719f25-0461-4dcf-80c7-84c4d912e8bd', '/notejam.auth.v1.AuthService/SignUp', 0xB1A0605670E6F5B350BFB3F341E4BA15C107301B687D0DC8BE3AE103080A21E0, 'accounts/01a211d1-dcc9-7310-bf28-0f55471ca561', '', 0x99E4B23387B6C05CF8A90B270C72E456, '2026-11-25 08:28:15.945648');
CREATE TABLE `mails` (
  `id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `kind` varchar(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `account_id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `status` tinyint(4) NOT NULL DEFAULT 0,
  `visible_at` datetime(6) NOT NULL,
  `claim` char(36) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `attempts` int(11) NOT NULL DEFAULT 0,
  `created_at` datetime(6) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `mails_due` (`status`,`visible_at`),
  KEY `mails_by_age` (`status`,`created_at`),
  KEY `mails_by_account` (`account_id`,`status`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
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
INSERT INTO `outbox` (`event_id`, `agg`, `agg_seq`, `type`, `payload`, `status`, `visible_at`, `claim`, `attempts`, `sent_at`) VALUES ('01a211d1-dcc4-769e-bb3b-9a021dc59994', 'signingkeys/J5u6pyiOHhH6xG1d', '0', 'notejam.auth.signing_key.created.v1', '{"specversion":"1.0","id":"01a211d1-dcc4-769e-bb3b-9a021dc59994","source":"auth","type":"notejam.auth.signing_key.created.v1","subject":"signingkeys/J5u6pyiOHhH6xG1d","time":"2026-11-25T08:28:15.940432Z"}', '1', '2026-11-25 08:30:16.043818', '158779d7-6943-4b02-a3f1-4d72265a34af', '1', '2026-11-25 08:28:16.043818');
INSERT INTO `outbox` (`event_id`, `agg`, `agg_seq`, `type`, `payload`, `status`, `visible_at`, `claim`, `attempts`, `sent_at`) VALUES ('01a211d1-dcc9-7f19-8fc5-b14557a9f288', 'accounts/01a211d1-dcc9-7310-bf28-0f55471ca561', '0', 'notejam.auth.account.created.v1', '{"specversion":"1.0","id":"01a211d1-dcc9-7f19-8fc5-b14557a9f288","source":"auth","type":"notejam.auth.account.created.v1","subject":"accounts/01a211d1-dcc9-7310-bf28-0f55471ca561","time":"2026-11-25T08:28:15.945988Z","actor":"01a211d1-dcc9-7310-bf28-0f55471ca561","request_id":"01a211d1-dcc6-7d41-944c-60ac619b690b","traceparent":"00-01a211d1dcc67d41944c60ac619b690b-a1db38c8b7be3afe-00"}', '1', '2026-11-25 08:30:16.043818', '158779d7-6943-4b02-a3f1-4d72265a34af', '1', '2026-11-25 08:28:16.043818');
INSERT INTO `outbox` (`event_id`, `agg`, `agg_seq`, `type`, `payload`, `status`, `visible_at`, `claim`, `attempts`, `sent_at`) VALUES ('01a211d1-dccc-7b2f-9a23-18998abe717c', 'sessions/01a211d1-dccb-7baa-9753-3628f473d374', '0', 'notejam.auth.session.created.v1', '{"specversion":"1.0","id":"01a211d1-dccc-7b2f-9a23-18998abe717c","source":"auth","type":"notejam.auth.session.created.v1","subject":"sessions/01a211d1-dccb-7baa-9753-3628f473d374","time":"2026-11-25T08:28:15.948732Z","actor":"01a211d1-dcc9-7310-bf28-0f55471ca561","request_id":"01a211d1-dccb-720a-9d0b-a758f6ad5dd4","traceparent":"00-01a211d1dccb720a9d0ba758f6ad5dd4-8cac245c7dfe34d2-00","data":{"device":"Go","network":"127.0.0.0/24"}}', '1', '2026-11-25 08:30:16.043818', '158779d7-6943-4b02-a3f1-4d72265a34af', '1', '2026-11-25 08:28:16.043818');
INSERT INTO `outbox` (`event_id`, `agg`, `agg_seq`, `type`, `payload`, `status`, `visible_at`, `claim`, `attempts`, `sent_at`) VALUES ('01a211d1-ddae-7a2e-a972-8fce514978db', 'accounts/01a211d1-ddae-7072-a959-94b04144179c', '0', 'notejam.auth.account.created.v1', '{"specversion":"1.0","id":"01a211d1-ddae-7a2e-a972-8fce514978db","source":"auth","type":"notejam.auth.account.created.v1","subject":"accounts/01a211d1-ddae-7072-a959-94b04144179c","time":"2026-11-25T08:28:16.174665Z","actor":"01a211d1-ddae-7072-a959-94b04144179c","request_id":"01a211d1-ddab-7bbc-a328-e2a89a2a3e8a","traceparent":"00-01a211d1ddab7bbca328e2a89a2a3e8a-43900612958eddfd-00"}', '1', '2026-11-25 08:30:16.246723', '158779d7-6943-4b02-a3f1-4d72265a34af', '1', '2026-11-25 08:28:16.246723');
INSERT INTO `outbox` (`event_id`, `agg`, `agg_seq`, `type`, `payload`, `status`, `visible_at`, `claim`, `attempts`, `sent_at`) VALUES ('01a211d1-ddb0-79b4-8bb7-df4a5ef6f1f1', 'sessions/01a211d1-ddb0-7150-86a0-fea59d3e6b10', '0', 'notejam.auth.session.created.v1', '{"specversion":"1.0","id":"01a211d1-ddb0-79b4-8bb7-df4a5ef6f1f1","source":"auth","type":"notejam.auth.session.created.v1","subject":"sessions/01a211d1-ddb0-7150-86a0-fea59d3e6b10","time":"2026-11-25T08:28:16.176634Z","actor":"01a211d1-ddae-7072-a959-94b04144179c","request_id":"01a211d1-ddaf-792f-93f6-4f00e13c26ca","traceparent":"00-01a211d1ddaf792f93f64f00e13c26ca-04912529ae254d03-00","data":{"device":"Go","network":"127.0.0.0/24"}}', '1', '2026-11-25 08:30:16.246723', '158779d7-6943-4b02-a3f1-4d72265a34af', '1', '2026-11-25 08:28:16.246723');
CREATE TABLE `password_resets` (
  `token_hash` binary(32) NOT NULL,
  `account_id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `epoch` int(11) NOT NULL,
  `expires_at` datetime(6) NOT NULL,
  `used_at` datetime(6) DEFAULT NULL,
  PRIMARY KEY (`token_hash`),
  KEY `password_resets_by_expiry` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE `schema_migrations` (
  `version` int(11) NOT NULL,
  `name` varchar(100) NOT NULL,
  `checksum` char(64) NOT NULL,
  `dirty` tinyint(4) NOT NULL,
  `applied_at` datetime(6) NOT NULL,
  PRIMARY KEY (`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('1', '0001_accounts.sql', 'dbdf1a53fcd6cc37f47454127099b5d36d121cce0acb7bc3be9288f5f527bc60', '0', '2026-11-25 08:28:15.836735');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('2', '0002_sessions.sql', 'a862f96df2e5285d0054f353329882fcb8716960555aba8cb0404f722663f170', '0', '2026-11-25 08:28:15.839136');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('3', '0003_signing_keys.sql', '87a24fcbb6bb215bc1a7ef6c54b035de8b84044e1671b4986912cd7f83438830', '0', '2026-11-25 08:28:15.840589');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('4', '0004_idem.sql', 'e1411b6edc1c935ac7641b7a15c00f0e6fdd47b4a91202d1c14aae1ffc363ac7', '0', '2026-11-25 08:28:15.842390');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('5', '0005_outbox.sql', '7257260bb78fd07ad40d574b91a1be26eab351775b9dceb001a22e5939d77197', '0', '2026-11-25 08:28:15.844618');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('6', '0006_mails.sql', 'b97a3ef18d09aab53cf10e7c83abbce5d5f6a01bfb765e9ff85a70e3026f8f4b', '0', '2026-11-25 08:28:15.846924');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('7', '0007_password_resets.sql', 'c7ca9c3dc5d9f17a06c5afbdc5a4ce0df2d1f9de90671322d4a5f9867dbaaaf7', '0', '2026-11-25 08:28:15.851173');
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
INSERT INTO `sessions` (`id`, `account_id`, `secret_hash`, `epoch`, `request_id`, `created_at`, `last_used_at`, `expires_at`) VALUES ('01a211d1-dccb-7baa-9753-3628f473d374', '01a211d1-dcc9-7310-bf28-0f55471ca561', 0x75F1C487AD0F1D271A84A248AE7E35544A66B1942CD2A829BED6BA948AA30A69, '1', '44156398-86f0-400d-b75f-03ea434c3c11', '2026-11-25 08:28:15.947959', '2026-11-25 08:28:15.947959', '2026-12-02 08:28:15.947959');
INSERT INTO `sessions` (`id`, `account_id`, `secret_hash`, `epoch`, `request_id`, `created_at`, `last_used_at`, `expires_at`) VALUES ('01a211d1-ddb0-7150-86a0-fea59d3e6b10', '01a211d1-ddae-7072-a959-94b04144179c', 0x2AE407147391AB2AE322AA666D82F1831D72D2AD6770F2AC48A66DFD17029A03, '1', '69003a79-c202-430b-874c-9b6d49ed8cd3', '2026-11-25 08:28:16.176166', '2026-11-25 08:28:16.176166', '2026-12-02 08:28:16.176166');
CREATE TABLE `signing_keys` (
  `seq` int(11) NOT NULL,
  `id` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sealed` varbinary(255) NOT NULL,
  `active_from` datetime(6) NOT NULL,
  `created_at` datetime(6) NOT NULL,
  PRIMARY KEY (`seq`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
