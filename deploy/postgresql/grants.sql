-- What custody_app may do. Run after every migration, as custody_owner or a superuser, from a clone of the repository.
-- The list itself stands beside the tables it is about.

\set role custody_app
\ir ../../storage/db/migrations/grants.sql
