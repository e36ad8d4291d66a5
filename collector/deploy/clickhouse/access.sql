-- Who may do what on a ClickHouse server that holds a ledger. Run once, by a user with access management; running it
-- again changes nothing. Parsed by this project's tests, not run there: the embedded engine has no users.
--
-- Three roles: otel_costing_owner makes, upgrades and erases; otel_costing_writer books, once the tables are there;
-- otel_costing_reader sees every team's costs. A reader of one team: see team_access.sql.

CREATE SETTINGS PROFILE IF NOT EXISTS otel_costing_booking SETTINGS
    async_insert = 0,
    insert_deduplicate = 1;

CREATE SETTINGS PROFILE IF NOT EXISTS otel_costing_reading SETTINGS
    readonly = 2,
    max_execution_time = 60 MAX 300,
    max_memory_usage = 4000000000 MAX 8000000000,
    max_result_rows = 1000000 MAX 10000000,
    max_result_bytes = 500000000 MAX 2000000000,
    result_overflow_mode = 'throw';

CREATE ROLE IF NOT EXISTS otel_costing_owner SETTINGS PROFILE 'otel_costing_booking';
GRANT SELECT, INSERT, ALTER TABLE, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP VIEW ON otel_costing.* TO otel_costing_owner;
GRANT SELECT ON system.databases TO otel_costing_owner;
GRANT SELECT ON system.tables TO otel_costing_owner;
GRANT SELECT ON system.columns TO otel_costing_owner;
GRANT SELECT ON system.merge_tree_settings TO otel_costing_owner;

-- A collector says CREATE ... IF NOT EXISTS at each start, for which a server asks for the right to create.
CREATE ROLE IF NOT EXISTS otel_costing_writer SETTINGS PROFILE 'otel_costing_booking';
GRANT SELECT, INSERT, CREATE DATABASE, CREATE TABLE ON otel_costing.* TO otel_costing_writer;
-- Of the ledger nothing is ever deleted; buildings of a day's rollup that were superseded are.
GRANT ALTER DELETE ON otel_costing.rollup_rows TO otel_costing_writer;
GRANT ALTER DELETE ON otel_costing.rollup_builds TO otel_costing_writer;
GRANT SELECT ON system.databases TO otel_costing_writer;
GRANT SELECT ON system.tables TO otel_costing_writer;
GRANT SELECT ON system.columns TO otel_costing_writer;
GRANT SELECT ON system.merge_tree_settings TO otel_costing_writer;

CREATE ROLE IF NOT EXISTS otel_costing_reader SETTINGS PROFILE 'otel_costing_reading';
GRANT SELECT ON otel_costing.* TO otel_costing_reader;
GRANT SELECT ON otel_costing_all.* TO otel_costing_reader;

CREATE QUOTA IF NOT EXISTS otel_costing_reading KEYED BY user_name
    FOR INTERVAL 1 hour MAX queries = 20000, execution_time = 7200, read_rows = 100000000000
    TO otel_costing_reader;

-- Once a table has a policy for one team, these say that the others still see all of it.
CREATE ROW POLICY IF NOT EXISTS otel_costing_all ON otel_costing.ledger
    FOR SELECT USING 1 TO otel_costing_owner, otel_costing_writer, otel_costing_reader;
CREATE ROW POLICY IF NOT EXISTS otel_costing_all ON otel_costing.spans
    FOR SELECT USING 1 TO otel_costing_owner, otel_costing_writer, otel_costing_reader;
CREATE ROW POLICY IF NOT EXISTS otel_costing_all ON otel_costing.rollup_rows
    FOR SELECT USING 1 TO otel_costing_owner, otel_costing_writer, otel_costing_reader;
CREATE ROW POLICY IF NOT EXISTS otel_costing_all ON otel_costing.rollup_checks
    FOR SELECT USING 1 TO otel_costing_owner, otel_costing_writer, otel_costing_reader;
