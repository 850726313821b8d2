CREATE TABLE `chain` (
  `account` varchar(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` bigint(20) NOT NULL,
  `event_id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `hash` binary(32) NOT NULL,
  PRIMARY KEY (`account`,`seq`),
  UNIQUE KEY `chain_by_event` (`event_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('', '1', '01a211d1-dcc4-769e-bb3b-9a021dc59994', 0x29B85A581E7CDBF42736B17CB9080E894A5510DACFC5E1A5B811E3F529D760B4);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-dcc9-7310-bf28-0f55471ca561', '1', '01a211d1-dcc9-7f19-8fc5-b14557a9f288', 0x9922F24BB7EAB546121833DD6DA73922AE2F1027ED3A81A5C75FDEDC0A86E401);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-dcc9-7310-bf28-0f55471ca561', '2', '01a211d1-dccc-7b2f-9a23-18998abe717c', 0x41073A6958E7CB75328DCC3033D9C750742B93E19698987D7D12BE94626D392C);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-dcc9-7310-bf28-0f55471ca561', '3', '01a211d1-dcd0-789f-a2cd-c6f4f747c90f', 0xF88721D5A3560C0C2BC0E7424BCE8B4597407F09FAEF22334829F2C31599F5ED);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-dcc9-7310-bf28-0f55471ca561', '4', '01a211d1-dcd1-78f8-b9b8-6c4435baa3db', 0xEE86E57A6EBD8C0AF456C2666690F1613E7252BE500FBA9781EA09D9AE0BEF56);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-dcc9-7310-bf28-0f55471ca561', '5', '01a211d1-dcd2-7b4c-8933-8b5fd4997080', 0xB92805A919227F43D4A350263A70C98B40AB06D668B58539DBA2598F04CF34AF);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-dcc9-7310-bf28-0f55471ca561', '6', '01a211d1-dcd3-7e05-9f61-8ca898720130', 0x385C49C5FD4FE03D0C172516D1AC020AC1C47C21CB44324815C72BDD79925EBE);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-dcc9-7310-bf28-0f55471ca561', '7', '01a211d1-dcd5-739c-9a29-96d4ed74aa74', 0x219A2B86A51732083DF8EE1385FC60095DD1BE51F02C430D831897CB4AFC4EE3);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-dcc9-7310-bf28-0f55471ca561', '8', '01a211d1-dcd6-7039-bd04-3f1ba4783711', 0x1DF9A5DB106BE6FF8C680EB318A4413251DC3792DE17C44DE6DD3A3B165DF24E);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-dcc9-7310-bf28-0f55471ca561', '9', '01a211d1-dcd7-7806-b41a-f0040828936e', 0x60A19E134B3E1ADA9DB97421733303B1ED9166EC8A0C9C9A791CE16A1146096C);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-dcc9-7310-bf28-0f55471ca561', '10', '01a211d1-dcd9-7660-91f6-448352f12803', 0x0EAFD147A4536AE723F1A2DFBE8CA374C25CBCF832AF1CEAD1BF8857AE05E54A);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-dcc9-7310-bf28-0f55471ca561', '11', '01a211d1-dcdb-7988-ada7-ac8e0448fe78', 0xC783A1FEA96572CB6A4098AF9B0D82E919985D94E12CC623FCB12A223C9D331A);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-ddae-7072-a959-94b04144179c', '1', '01a211d1-ddae-7a2e-a972-8fce514978db', 0x7EF25A7E7F6ECD35637B7C910C875DE65388199253A8AFF5BC0A41A5E6457ED9);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-ddae-7072-a959-94b04144179c', '2', '01a211d1-ddb0-79b4-8bb7-df4a5ef6f1f1', 0xA7C63E6CA2C3961CCB8DB4C9983079DDDFA945745FE77E8468911D1B6431D8D7);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-ddae-7072-a959-94b04144179c', '3', '01a211d1-ddb3-700b-ba19-664355715c2c', 0xAE0A27E50C4EB0CF355EFD6BC961D52869AC88C698E785137CEB1C92D98B930D);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-ddae-7072-a959-94b04144179c', '4', '01a211d1-ddb3-7e92-920e-501d24a10e1b', 0x53829D4BF8E14D45CC74DC480F2B0E7C732C47E1E4F975E6B6847A5B369A248A);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-ddae-7072-a959-94b04144179c', '5', '01a211d1-ddb4-7bb4-a595-fba7f066cda0', 0x2DF63580104DDA9A9A89D8B7B09087A44AEE8454902D52F6C0A5C3B1950BCEF2);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-ddae-7072-a959-94b04144179c', '6', '01a211d1-ddb5-78cc-b120-391908ddf74c', 0x17B1BFBB5B4C60363ECF8C748303A3D83F10C6977C93A4EF6CA7D8EA70841915);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-ddae-7072-a959-94b04144179c', '7', '01a211d1-ddb6-7b2f-b5b5-02ebbd80d0c4', 0xA51B7F58B69589C58D07FC9FEE5E9FE7C4F6F727465BD3D376C15A7E5156E7AE);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-ddae-7072-a959-94b04144179c', '8', '01a211d1-ddb7-7ac1-b054-5e4e3532d235', 0x55E61C8C396C92B38D9CE562E74FC38F5E2CC9D3A574FBA8F876930C1F787330);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-ddae-7072-a959-94b04144179c', '9', '01a211d1-ddb8-7947-b458-a85aa2647b6b', 0x4DAA542EFF61D87CBE00666A958E0284F1C1F997C3C87A9FCA504A4A06210B6A);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-ddae-7072-a959-94b04144179c', '10', '01a211d1-ddba-71cf-b6c9-55bec2231db4', 0xB4FDDC2A7A7DB22D7D433132B5F8569D1B93EC0CB0052558082FA88F4B0A5E7E);
INSERT INTO `chain` (`account`, `seq`, `event_id`, `hash`) VALUES ('01a211d1-ddae-7072-a959-94b04144179c', '11', '01a211d1-ddbb-75b7-85fc-8acecba9058f', 0x6226F104101E73D06AE8076FB35CD4C6AD4D40079C4BC0A4196A5D0ED1AE0C9A);
CREATE TABLE `checkpoints` (
  `account` varchar(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` bigint(20) NOT NULL,
  `hash` binary(32) NOT NULL,
  `signed_at` datetime(6) NOT NULL,
  `key_id` char(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `signature` binary(64) NOT NULL,
  PRIMARY KEY (`account`,`seq`),
  KEY `checkpoints_by_run` (`signed_at`,`account`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE `events` (
  `id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `source` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `type` varchar(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `subject` varchar(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `subject_version` bigint(20) NOT NULL,
  `actor` varchar(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `request_id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `data` mediumtext NOT NULL,
  `occurred_at` datetime(6) NOT NULL,
  `recorded_at` datetime(6) NOT NULL,
  `traceparent` varchar(55) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  PRIMARY KEY (`id`),
  KEY `events_by_actor_type` (`actor`,`occurred_at`,`id`,`type`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-dcc4-769e-bb3b-9a021dc59994', 'auth', 'notejam.auth.signing_key.created.v1', 'signingkeys/J5u6pyiOHhH6xG1d', '0', '', '', '{}', '2026-11-25 08:28:15.940432', '2026-11-25 08:28:16.042459', '');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-dcc9-7f19-8fc5-b14557a9f288', 'auth', 'notejam.auth.account.created.v1', 'accounts/01a211d1-dcc9-7310-bf28-0f55471ca561', '0', '01a211d1-dcc9-7310-bf28-0f55471ca561', '01a211d1-dcc6-7d41-944c-60ac619b690b', '{}', '2026-11-25 08:28:15.945988', '2026-11-25 08:28:16.042459', '00-01a211d1dcc67d41944c60ac619b690b-a1db38c8b7be3afe-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-dccc-7b2f-9a23-18998abe717c', 'auth', 'notejam.auth.session.created.v1', 'sessions/01a211d1-dccb-7baa-9753-3628f473d374', '0', '01a211d1-dcc9-7310-bf28-0f55471ca561', '01a211d1-dccb-720a-9d0b-a758f6ad5dd4', '{"device":"Go","network":"127.0.0.0/24"}', '2026-11-25 08:28:15.948732', '2026-11-25 08:28:16.042459', '00-01a211d1dccb720a9d0ba758f6ad5dd4-8cac245c7dfe34d2-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-dcd0-789f-a2cd-c6f4f747c90f', 'notes', 'notejam.notes.pad.created.v1', 'pads/01a211d1-dccf-74ec-9615-af8aca06ddb2', '1', '01a211d1-dcc9-7310-bf28-0f55471ca561', '01a211d1-dccd-749b-b0a8-3d2abeb2fdcb', '{}', '2026-11-25 08:28:15.951321', '2026-11-25 08:28:16.114116', '00-01a211d1dccd749bb0a83d2abeb2fdcb-dddf3827efc8a492-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-dcd1-78f8-b9b8-6c4435baa3db', 'notes', 'notejam.notes.pad.created.v1', 'pads/01a211d1-dcd1-734c-9f6d-72669b5cb380', '1', '01a211d1-dcc9-7310-bf28-0f55471ca561', '01a211d1-dcd1-70f1-b136-08a3fd08d3c5', '{}', '2026-11-25 08:28:15.953215', '2026-11-25 08:28:16.114116', '00-01a211d1dcd170f1b13608a3fd08d3c5-3c658be6805b99d4-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-dcd2-7b4c-8933-8b5fd4997080', 'notes', 'notejam.notes.note.created.v1', 'notes/01a211d1-dcd2-7189-91a7-d712f4d0419f', '1', '01a211d1-dcc9-7310-bf28-0f55471ca561', '01a211d1-dcd1-7dc7-ae0d-6299c50e994d', '{}', '2026-11-25 08:28:15.954100', '2026-11-25 08:28:16.114116', '00-01a211d1dcd17dc7ae0d6299c50e994d-7b46061171ce096d-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-dcd3-7e05-9f61-8ca898720130', 'notes', 'notejam.notes.note.created.v1', 'notes/01a211d1-dcd3-7380-8cfc-9f087154c395', '1', '01a211d1-dcc9-7310-bf28-0f55471ca561', '01a211d1-dcd3-7105-afd2-b3db4b01354a', '{}', '2026-11-25 08:28:15.955228', '2026-11-25 08:28:16.114116', '00-01a211d1dcd37105afd2b3db4b01354a-ef61febee86de627-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-dcd5-739c-9a29-96d4ed74aa74', 'notes', 'notejam.notes.note.created.v1', 'notes/01a211d1-dcd4-7935-976c-868a5d5cbf5f', '1', '01a211d1-dcc9-7310-bf28-0f55471ca561', '01a211d1-dcd4-761c-9000-be7ba436d272', '{}', '2026-11-25 08:28:15.956602', '2026-11-25 08:28:16.114116', '00-01a211d1dcd4761c9000be7ba436d272-195f4d90479ecd9b-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-dcd6-7039-bd04-3f1ba4783711', 'notes', 'notejam.notes.note.created.v1', 'notes/01a211d1-dcd5-79e7-b540-9985fe68f9d7', '1', '01a211d1-dcc9-7310-bf28-0f55471ca561', '01a211d1-dcd5-77f4-bbdb-fcd94d1a6ff1', '{}', '2026-11-25 08:28:15.957648', '2026-11-25 08:28:16.114116', '00-01a211d1dcd577f4bbdbfcd94d1a6ff1-5b91134e1cd1511f-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-dcd7-7806-b41a-f0040828936e', 'notes', 'notejam.notes.note.updated.v1', 'notes/01a211d1-dcd2-7189-91a7-d712f4d0419f', '2', '01a211d1-dcc9-7310-bf28-0f55471ca561', '01a211d1-dcd6-750c-b9f1-bfdb49635c09', '{"changed_fields":["text"]}', '2026-11-25 08:28:15.959165', '2026-11-25 08:28:16.114116', '00-01a211d1dcd6750cb9f1bfdb49635c09-51710be63f00847f-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-dcd9-7660-91f6-448352f12803', 'notes', 'notejam.notes.note.deleted.v1', 'notes/01a211d1-dcd3-7380-8cfc-9f087154c395', '2', '01a211d1-dcc9-7310-bf28-0f55471ca561', '01a211d1-dcd8-72f5-a3eb-c5b5fe569a39', '{}', '2026-11-25 08:28:15.961225', '2026-11-25 08:28:16.114116', '00-01a211d1dcd872f5a3ebc5b5fe569a39-55805bcb94317d06-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-dcdb-7988-ada7-ac8e0448fe78', 'notes', 'notejam.notes.pad.deleted.v1', 'pads/01a211d1-dcd1-734c-9f6d-72669b5cb380', '2', '01a211d1-dcc9-7310-bf28-0f55471ca561', '01a211d1-dcda-71ee-b49f-d08cf056ace3', '{"note_count":1}', '2026-11-25 08:28:15.963046', '2026-11-25 08:28:16.114116', '00-01a211d1dcda71eeb49fd08cf056ace3-fd5f85d34f1b3884-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-ddae-7a2e-a972-8fce514978db', 'auth', 'notejam.auth.account.created.v1', 'accounts/01a211d1-ddae-7072-a959-94b04144179c', '0', '01a211d1-ddae-7072-a959-94b04144179c', '01a211d1-ddab-7bbc-a328-e2a89a2a3e8a', '{}', '2026-11-25 08:28:16.174665', '2026-11-25 08:28:16.248328', '00-01a211d1ddab7bbca328e2a89a2a3e8a-43900612958eddfd-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-ddb0-79b4-8bb7-df4a5ef6f1f1', 'auth', 'notejam.auth.session.created.v1', 'sessions/01a211d1-ddb0-7150-86a0-fea59d3e6b10', '0', '01a211d1-ddae-7072-a959-94b04144179c', '01a211d1-ddaf-792f-93f6-4f00e13c26ca', '{"device":"Go","network":"127.0.0.0/24"}', '2026-11-25 08:28:16.176634', '2026-11-25 08:28:16.248328', '00-01a211d1ddaf792f93f64f00e13c26ca-04912529ae254d03-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-ddb3-700b-ba19-664355715c2c', 'notes', 'notejam.notes.pad.created.v1', 'pads/01a211d1-ddb2-7048-acf7-7a13be5291f0', '1', '01a211d1-ddae-7072-a959-94b04144179c', '01a211d1-ddb1-729b-8f2a-840e711992d2', '{}', '2026-11-25 08:28:16.178018', '2026-11-25 08:28:16.328090', '00-01a211d1ddb1729b8f2a840e711992d2-bed0620972b80076-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-ddb3-7e92-920e-501d24a10e1b', 'notes', 'notejam.notes.pad.created.v1', 'pads/01a211d1-ddb3-7900-b3f4-86f0a8704473', '1', '01a211d1-ddae-7072-a959-94b04144179c', '01a211d1-ddb3-763c-a1c3-d82f4fd2c47d', '{}', '2026-11-25 08:28:16.179589', '2026-11-25 08:28:16.328090', '00-01a211d1ddb3763ca1c3d82f4fd2c47d-88a259800caccba5-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-ddb4-7bb4-a595-fba7f066cda0', 'notes', 'notejam.notes.note.created.v1', 'notes/01a211d1-ddb4-76aa-a644-9f10a532e63e', '1', '01a211d1-ddae-7072-a959-94b04144179c', '01a211d1-ddb4-746e-a06e-f49ca48cc31a', '{}', '2026-11-25 08:28:16.180436', '2026-11-25 08:28:16.328090', '00-01a211d1ddb4746ea06ef49ca48cc31a-ec1bf286aaf1272e-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-ddb5-78cc-b120-391908ddf74c', 'notes', 'notejam.notes.note.created.v1', 'notes/01a211d1-ddb5-7303-ad37-24a118200410', '1', '01a211d1-ddae-7072-a959-94b04144179c', '01a211d1-ddb5-7134-be69-98b3dd623764', '{}', '2026-11-25 08:28:16.181196', '2026-11-25 08:28:16.328090', '00-01a211d1ddb57134be6998b3dd623764-d91ec10ae86ec25f-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-ddb6-7b2f-b5b5-02ebbd80d0c4', 'notes', 'notejam.notes.note.created.v1', 'notes/01a211d1-ddb5-7f0d-a089-20924bb6a5f1', '1', '01a211d1-ddae-7072-a959-94b04144179c', '01a211d1-ddb5-7d70-afc3-f81f0e29bb85', '{}', '2026-11-25 08:28:16.181985', '2026-11-25 08:28:16.328090', '00-01a211d1ddb57d70afc3f81f0e29bb85-4892ea2fd53fad2b-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-ddb7-7ac1-b054-5e4e3532d235', 'notes', 'notejam.notes.note.created.v1', 'notes/01a211d1-ddb7-73a1-ab40-320d946eca8a', '1', '01a211d1-ddae-7072-a959-94b04144179c', '01a211d1-ddb7-7208-a348-d9c3a326398a', '{}', '2026-11-25 08:28:16.183237', '2026-11-25 08:28:16.328090', '00-01a211d1ddb77208a348d9c3a326398a-b087a655ff9b291a-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-ddb8-7947-b458-a85aa2647b6b', 'notes', 'notejam.notes.note.updated.v1', 'notes/01a211d1-ddb4-76aa-a644-9f10a532e63e', '2', '01a211d1-ddae-7072-a959-94b04144179c', '01a211d1-ddb8-7053-9e88-309a799cb92c', '{"changed_fields":["text"]}', '2026-11-25 08:28:16.184432', '2026-11-25 08:28:16.328090', '00-01a211d1ddb870539e88309a799cb92c-37ff5980213762e5-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-ddba-71cf-b6c9-55bec2231db4', 'notes', 'notejam.notes.note.deleted.v1', 'notes/01a211d1-ddb5-7303-ad37-24a118200410', '2', '01a211d1-ddae-7072-a959-94b04144179c', '01a211d1-ddb9-7243-8e6a-073ba3123768', '{}', '2026-11-25 08:28:16.186007', '2026-11-25 08:28:16.328090', '00-01a211d1ddb972438e6a073ba3123768-4eee6b6bce5d9384-00');
INSERT INTO `events` (`id`, `source`, `type`, `subject`, `subject_version`, `actor`, `request_id`, `data`, `occurred_at`, `recorded_at`, `traceparent`) VALUES ('01a211d1-ddbb-75b7-85fc-8acecba9058f', 'notes', 'notejam.notes.pad.deleted.v1', 'pads/01a211d1-ddb3-7900-b3f4-86f0a8704473', '2', '01a211d1-ddae-7072-a959-94b04144179c', '01a211d1-ddba-7863-9c8d-c364dc420d5a', '{"note_count":1}', '2026-11-25 08:28:16.187028', '2026-11-25 08:28:16.328090', '00-01a211d1ddba78639c8dc364dc420d5a-eb3b0acbf25da507-00');
CREATE TABLE `heads` (
  `account` varchar(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` bigint(20) NOT NULL,
  `hash` binary(32) NOT NULL,
  `checkpoint_seq` bigint(20) NOT NULL DEFAULT 0,
  `due` tinyint(4) GENERATED ALWAYS AS (`seq` > `checkpoint_seq`) STORED,
  PRIMARY KEY (`account`),
  KEY `heads_due` (`due`,`account`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `heads` (`account`, `seq`, `hash`, `checkpoint_seq`) VALUES ('', '1', 0x29B85A581E7CDBF42736B17CB9080E894A5510DACFC5E1A5B811E3F529D760B4, '0');
INSERT INTO `heads` (`account`, `seq`, `hash`, `checkpoint_seq`) VALUES ('01a211d1-dcc9-7310-bf28-0f55471ca561', '11', 0xC783A1FEA96572CB6A4098AF9B0D82E919985D94E12CC623FCB12A223C9D331A, '0');
INSERT INTO `heads` (`account`, `seq`, `hash`, `checkpoint_seq`) VALUES ('01a211d1-ddae-7072-a959-94b04144179c', '11', 0x6226F104101E73D06AE8076FB35CD4C6AD4D40079C4BC0A4196A5D0ED1AE0C9A, '0');
CREATE TABLE `quarantine` (
  `message_digest` binary(32) NOT NULL,
  `reason` varchar(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `body` mediumblob NOT NULL,
  `received_at` datetime(6) NOT NULL,
  `replayed_at` datetime(6) DEFAULT NULL,
  PRIMARY KEY (`message_digest`),
  KEY `quarantine_waiting` (`replayed_at`,`reason`,`received_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE `schema_migrations` (
  `version` int(11) NOT NULL,
  `name` varchar(100) NOT NULL,
  `checksum` char(64) NOT NULL,
  `dirty` tinyint(4) NOT NULL,
  `applied_at` datetime(6) NOT NULL,
  PRIMARY KEY (`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('1', '0001_create_events.sql', '3402de58ffa887eb0ad74aed88bce69ee96675f5b5298ed37f2a4c5e476430a7', '0', '2026-11-25 08:28:15.879916');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('2', '0002_create_quarantine.sql', '7b499313cdeb4ed38cd62cd0d5226886e09a68cfc4c3c0a6d40635fc5b13bc23', '0', '2026-11-25 08:28:15.882069');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('3', '0003_add_traceparent.sql', '3ca8aa63c60df80636315269eacba1cf859dcded2314760599c4a5fd659bcbcf', '0', '2026-11-25 08:28:15.886744');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('4', '0004_create_chain.sql', '7763cee1f141f0b79a9b12c8ac4f13fa9f75b8718f8e95b65f3a2db729a8b34a', '0', '2026-11-25 08:28:15.889255');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('5', '0005_create_heads.sql', '6b42352548dfb17b61c2d4720ac79a1891f09f35f11a81afd0c44e9ca9cc779f', '0', '2026-11-25 08:28:15.891626');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('6', '0006_add_replayed_at.sql', 'bd634918061a6ce7d116088277d22f5b3f191610c58c73ed243c7afd2ea7f1bf', '0', '2026-11-25 08:28:15.896812');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('7', '0007_widen_events_by_actor.sql', '102e1e708e343e3ba37f0d7e659b45e594f5bd1523617e7b5f959507e17ee6a8', '0', '2026-11-25 08:28:15.900352');
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `dirty`, `applied_at`) VALUES ('8', '0008_create_checkpoints.sql', '28e091da23646f77bf99a1a50c6b460153c1dbdbc0684d8876400ea379a78014', '0', '2026-11-25 08:28:15.902718');
