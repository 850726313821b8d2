-- The schemas and users of Notejam, and what each user may do: on AWS, in docker-compose.yml and with `make run`. It runs
-- as the server's administrator, before migrations and again at any time. A password's name is that of its parameter.
--
-- A service reads and writes the rows of its schema; its migrator changes the tables as well. audit's user gets its rights
-- table by table from `audit migrate` (AUDIT_MYSQL_GRANT_TO): it may add to the trail, and neither change it nor take
-- anything away. So its migrator may pass its own rights on.

CREATE DATABASE IF NOT EXISTS auth CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER IF NOT EXISTS 'auth'@'%' IDENTIFIED BY 'password of auth/db-password';
ALTER USER 'auth'@'%' IDENTIFIED BY 'password of auth/db-password';
GRANT SELECT, INSERT, UPDATE, DELETE ON auth.* TO 'auth'@'%';
CREATE USER IF NOT EXISTS 'auth_migrate'@'%' IDENTIFIED BY 'password of auth/db-migrate-password';
ALTER USER 'auth_migrate'@'%' IDENTIFIED BY 'password of auth/db-migrate-password';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, TRIGGER ON auth.* TO 'auth_migrate'@'%';

CREATE DATABASE IF NOT EXISTS notes CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER IF NOT EXISTS 'notes'@'%' IDENTIFIED BY 'password of notes/db-password';
ALTER USER 'notes'@'%' IDENTIFIED BY 'password of notes/db-password';
GRANT SELECT, INSERT, UPDATE, DELETE ON notes.* TO 'notes'@'%';
CREATE USER IF NOT EXISTS 'notes_migrate'@'%' IDENTIFIED BY 'password of notes/db-migrate-password';
ALTER USER 'notes_migrate'@'%' IDENTIFIED BY 'password of notes/db-migrate-password';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, TRIGGER ON notes.* TO 'notes_migrate'@'%';

CREATE DATABASE IF NOT EXISTS audit CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER IF NOT EXISTS 'audit'@'%' IDENTIFIED BY 'password of audit/db-password';
ALTER USER 'audit'@'%' IDENTIFIED BY 'password of audit/db-password';
CREATE USER IF NOT EXISTS 'audit_migrate'@'%' IDENTIFIED BY 'password of audit/db-migrate-password';
ALTER USER 'audit_migrate'@'%' IDENTIFIED BY 'password of audit/db-migrate-password';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, TRIGGER ON audit.* TO 'audit_migrate'@'%' WITH GRANT OPTION;
