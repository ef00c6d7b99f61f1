-- Roles and database of one Custody site. Run once, as a superuser, before the first migration:
--
--   psql -v ON_ERROR_STOP=1 -f deploy/postgresql/roles.sql
--   psql -c '\password custody_owner' -c '\password custody_app'
--   custody migrate -c /etc/custody/owner.yaml        (the same configuration with the owner's dsn_file)
--   psql -d custody -v ON_ERROR_STOP=1 -f deploy/postgresql/grants.sql
--
-- Two roles, so that the process that records cannot take back what it wrote: custody_owner owns the tables and is
-- used for migrations only; custody_app is what `custody serve` connects as, and what a thief of the
-- running process would have. The owner's password belongs off this machine.
-- It may be run again.

SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT', name)
  FROM (VALUES ('custody_owner'), ('custody_app')) AS wanted (name)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

SELECT 'CREATE DATABASE custody OWNER custody_owner TEMPLATE template0 ENCODING ''UTF8'' LC_COLLATE ''C'' LC_CTYPE ''C'''
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'custody')
\gexec

REVOKE ALL ON DATABASE custody FROM PUBLIC;
GRANT CONNECT ON DATABASE custody TO custody_app;

\connect custody
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO custody_owner;
