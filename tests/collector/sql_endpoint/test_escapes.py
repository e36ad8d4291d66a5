"""What an attacker may ask: to read what is not the ledger, to write, to reach other machines, to bring the engine down."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.collector.sql_endpoint.conftest import Asked

SECRET = "canary-7e1f"  # noqa: S105 - the word to look for

ATTEMPTS = {
    "a table function reads a file": "SELECT * FROM file('{secret}', 'LineAsString')",
    "a function reads a file": "SELECT file('{secret}')",
    "a function reads a file, in another case": "SELECT FILE('{secret}')",
    "a function reads a file, quoted": "SELECT `file`('{secret}')",
    "a path stands for a table": "SELECT * FROM '{secret}'",
    "a quoted path stands for a table": 'SELECT * FROM "{secret}"',
    "a path in the database that reads files": "SELECT * FROM default.`{secret}`",
    "the other databases of the engine": "SELECT * FROM information_schema.tables",
    "a file within a CTE": "WITH x AS (SELECT file('{secret}')) SELECT * FROM x",
    "a file within a scalar": "WITH (SELECT file('{secret}')) AS x SELECT x",
    "a file within a subquery": "SELECT * FROM (SELECT * FROM (SELECT file('{secret}')))",
    "a file within IN": "SELECT 1 IN (SELECT length(file('{secret}')))",
    "a table function on the right of IN": "SELECT '{word}' IN file('{secret}', 'LineAsString')",
    "a table on the right of IN": "SELECT 'x' IN system.processes",
    "a file in a lambda": "SELECT arrayMap(x -> file('{secret}'), [1])",
    "a file in APPLY": "SELECT * APPLY(file) FROM (SELECT '{secret}')",
    "a file in a lambda of APPLY": "SELECT * APPLY(x -> file(x)) FROM (SELECT '{secret}')",
    "a file in REPLACE": "SELECT * REPLACE (file('{secret}') AS x) FROM (SELECT '' AS x)",
    "a file in ORDER BY": "SELECT 1 ORDER BY file('{secret}')",
    "a file in LIMIT": "SELECT 1 LIMIT length(file('{secret}'))",
    "a file in a window": "SELECT count() OVER (ORDER BY file('{secret}'))",
    "a file as an argument of a table function": "SELECT * FROM numbers(length(file('{secret}')))",
    "a file as a column of values": "SELECT b FROM values('a String, b String ALIAS file(\\'{secret}\\')', 'x')",
    "such a column behind a comment": "SELECT b FROM values('a String, b String/**/ALIAS/**/file(\\'{secret}\\')', 'x')",
    "such a column put together": "SELECT b FROM values(concat('a String, b String AL', 'IAS file(\\'{secret}\\')'), 'x')",
    "a file in EXPLAIN": "EXPLAIN SELECT file('{secret}')",
    "a file in EXPLAIN's tree": "EXPLAIN QUERY TREE SELECT * FROM file('{secret}', 'LineAsString')",
    "EXPLAIN that runs": "EXPLAIN ANALYZE SELECT 1",
    "a file in DESCRIBE": "DESCRIBE TABLE file('{secret}')",
    "a file in a described question": "DESCRIBE (SELECT file('{secret}'))",
    "a file in SHOW": "SHOW TABLES WHERE file('{secret}') != ''",
    "a format that reads its shape": "SELECT 1 FORMAT Template SETTINGS format_template_row = '{secret}'",
    "a format beside the text that reads its shape": "SELECT formatRow('Template', 1)",
    "a view on the fly": "SELECT * FROM view(SELECT file('{secret}'))",
    "a text run as a question": "SELECT * FROM eval('SELECT 1')",
    "a filter smuggled by a setting": "SELECT * FROM costs SETTINGS additional_table_filters = {{'costs': '1'}}",
    "a whole question smuggled by a setting": "SELECT 1 SETTINGS additional_result_filter = 'file(1)'",
    "a setting of a subquery": "SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 0)",
    "readonly lifted": "SELECT 1 SETTINGS allow_ddl = 1",
    "a parameter set by a setting": "SELECT {{p:String}} SETTINGS param_p = 'x'",
    "an answer written to a file": "SELECT 1 INTO OUTFILE '{target}'",
    "an answer appended to a file": "SELECT 1 INTO OUTFILE '{target}' APPEND",
    "an answer written to a file and back": "SELECT 1 INTO OUTFILE '{target}' AND STDOUT",
    "an answer written to a file, behind a format": "SELECT 1 FORMAT CSV INTO OUTFILE '{target}'",
    "an explanation written to a file": "EXPLAIN SELECT 1 INTO OUTFILE '{target}'",
    "an insert into a file": "INSERT INTO FUNCTION file('{target}', 'CSV') SELECT 1",
    "an insert into a file, explained": "EXPLAIN INSERT INTO FUNCTION file('{target}', 'CSV') SELECT 1",
    "an insert into the ledger": "INSERT INTO ledger SELECT * FROM ledger",
    "an insert of values": "INSERT INTO ledger (entry_id) VALUES ('x')",
    "a table made": "CREATE TABLE pwned (a UInt8) ENGINE = Memory",
    "a table of one's own": "CREATE TEMPORARY TABLE pwned AS SELECT 1",
    "a view made": "CREATE VIEW pwned AS SELECT 1",
    "a view that runs a program": "CREATE VIEW pwned AS SELECT * FROM executable('id', TSV, 'a String')",
    "a dictionary made": "CREATE DICTIONARY pwned (k UInt64) PRIMARY KEY k SOURCE(FILE(PATH '{secret}')) LAYOUT(FLAT())",
    "a function made": "CREATE FUNCTION pwned AS x -> x",
    "the ledger dropped": "DROP TABLE ledger",
    "the ledger emptied": "TRUNCATE TABLE ledger",
    "the ledger altered": "ALTER TABLE ledger DELETE WHERE 1",
    "the ledger updated": "UPDATE ledger SET team = 'x' WHERE 1",
    "the ledger deleted": "DELETE FROM ledger WHERE 1",
    "the ledger attached elsewhere": "ATTACH TABLE pwned FROM '{secret}' (a UInt8) ENGINE = TinyLog",
    "the ledger backed up": "BACKUP DATABASE asked TO File('{target}')",
    "the ledger optimized": "OPTIMIZE TABLE ledger FINAL",
    "a second statement": "SELECT 1; DROP TABLE ledger",
    "a second statement after a comment": "SELECT 1 -- ;\n; DROP TABLE ledger",
    "a second statement in parallel": "SELECT 1 PARALLEL WITH DROP TABLE ledger",
    "a statement behind a comment": "/* SELECT 1 */ DROP TABLE ledger",
    "a statement behind a wide space": "\u00a0DROP TABLE ledger",
    "another database chosen": "USE default",
    "a setting changed": "SET readonly = 0",
    "a role changed": "SET ROLE ALL",
    "a user made": "CREATE USER pwned",
    "a grant": "GRANT ALL ON *.* TO default",
    "another's query killed": "KILL QUERY WHERE 1",
    "the engine told to do something": "SYSTEM RELOAD CONFIG",
    "the engine shut down": "SYSTEM SHUTDOWN",
    "a program run": "SELECT * FROM executable('id', TSV, 'a String')",
    "an object of this process": "SELECT * FROM python('os')",
    "an object of this process, in another case": "SELECT * FROM Python(sys)",
    "another machine by its address": "SELECT * FROM url('http://127.0.0.1:{port}/', 'LineAsString')",
    "another machine's bucket": "SELECT * FROM s3('http://127.0.0.1:{port}/b/k', 'LineAsString')",
    "another server": "SELECT * FROM remote('127.0.0.1:{port}', system.one)",
    "another server's columns": "SELECT hasColumnInTable('127.0.0.1:{port}', 'u', 'p', 'd', 't', 'c')",
    "another server by MySQL": "SELECT * FROM mysql('127.0.0.1:{port}', 'd', 't', 'u', 'p')",
    "another server by PostgreSQL": "SELECT * FROM postgresql('127.0.0.1:{port}', 'd', 't', 'u', 'p')",
    "another server by Redis": "SELECT * FROM redis('127.0.0.1:{port}', 'k', 'k String')",
    "another machine's model": "SELECT aiGenerate('x')",
    "a name looked up": "SELECT reverseDNSQuery('127.0.0.1')",
    "a cluster": "SELECT * FROM cluster('default', system.one)",
    "a database file": "SELECT * FROM sqlite('{secret}', 't')",
    "a lake": "SELECT * FROM deltaLakeLocal('{secret}')",
    "many tables merged": "SELECT * FROM merge('system', '.*')",
    "the marks of a table": "SELECT * FROM mergeTreeIndex(currentDatabase(), 'ledger')",
    "a table without end": "SELECT * FROM loop('ledger')",
    "a dictionary as a table": "SELECT * FROM dictionary('d')",
    "a dictionary's value": "SELECT dictGet('d', 'a', 1)",
    "a join table's value": "SELECT joinGet('asked.ledger', 'team', 'x')",
    "a function that throws, as a text": "SELECT arrayReduce('aggThrow(1.0)', [1])",
    "a function that writes any format, as a text": "SELECT arrayReduce('groupFormat(\\'ORC\\')', [1])",
    "addresses of this process, as a text": "SELECT arrayReduce('flameGraph', [[1::UInt64]])",
    "addresses of this process, combined": "SELECT arrayReduceInRanges('flameGraphIf', [(1, 1)], [[1::UInt64]], [1])",
    "addresses of this process, begun": "SELECT initializeAggregation('flameGraph', [1::UInt64])",
    "addresses of this process, put together": "SELECT arrayReduce(concat('flame', 'Graph'), [[1::UInt64]])",
    "a function by its name, applied": "SELECT * APPLY(defaultValueOfTypeName) FROM (SELECT 'x')",
    "a state made of bytes": "SELECT finalizeAggregation(CAST(unhex('01ff'), 'AggregateFunction(groupBitmap, UInt8)'))",
    "a state made of bytes, by an operator": "SELECT '\\1'::AggregateFunction(groupBitmap, UInt8)",
    "a state made of bytes, within a type": "SELECT accurateCastOrNull(['x'], 'Array(AggregateFunction(sum, UInt8))')",
    "a state made of bytes, its type put together": "SELECT CAST('x', concat('Aggregate', 'Function(sum, UInt8)'))",
    "a state made of bytes, its type spelled by a number": "SELECT CAST('x', '`Aggregate\\\\x46unction`(sum, UInt8)')",
    "a state made of a parameter": "SELECT {{path:AggregateFunction(sum, UInt8)}}",
    "a text wider than memory": "SELECT printf('%1000000000d', 1)",
    "the body of the request": "SELECT * FROM input('a String')",
    "rows for their own sake": "SELECT * FROM generateRandom('a String')",
    "questions at random": "SELECT * FROM fuzzQuery('SELECT 1')",
    "nested formats": "SELECT * FROM format('CSV', '1')",
    "what others ask": "SELECT query FROM system.processes",
    "what others asked": "SELECT * FROM system.query_log",
    "the users": "SELECT * FROM system.users",
    "secrets with a name": "SELECT * FROM system.named_collections",
    "where things lie": "SELECT * FROM system.disks",
    "stacks of this process": "SELECT * FROM system.stack_trace",
    "settings of the server": "SELECT getServerSetting('user_files_path')",
    "macros of the server": "SELECT getMacro('x')",
    "certificates": "SELECT showCertificate()",
    "symbols of this process": "SELECT addressToSymbol(1)",
    "what SHOW tells of others": "SHOW PROCESSLIST",
    "what SHOW tells of the server": "SHOW SETTINGS LIKE '%'",
    "what SHOW tells of grants": "SHOW GRANTS",
    "tables of other databases": "SHOW TABLES FROM information_schema",
    "a place held for nothing": "SELECT sleep(3)",
    "a database by a parameter": "SELECT * FROM {{db:Identifier}}.processes",
    "a table by a parameter": "SELECT * FROM {{path:Identifier}}",
    "a name within a name": "SELECT * FROM `system.processes`",
}


TOWER = f"WITH {','.join(f'a{n} AS (SELECT * FROM a{n - 1}, a{n - 1})' for n in range(1, 300))} SELECT 1 FROM a299"  # noqa: S608 - a question of this test's own


class Surroundings(NamedTuple):
    """What an attempt could reach."""

    secret: Path
    target: Path
    port: int
    knocks: list[object]


@pytest.fixture(scope="module")
def untouched(shared_asked: Asked) -> str:
    """How it was before anybody tried."""
    return shared_asked.told(STATE)


@pytest.fixture
def surroundings(tmp_path: Path) -> Iterator[Surroundings]:
    """A file with a secret, a place to write to, and a port that notes who knocks."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    knocks: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def note() -> None:
            connection, _ = listening.accept()
            knocks.append(connection)
            connection.close()

        threading.Thread(target=note, daemon=True).start()
        port = listening.getsockname()[1]
        yield Surroundings(secret, tmp_path / "target", port, knocks)
        if not knocks:
            socket.create_connection(("127.0.0.1", port)).close()


STATE = """
SELECT
    (SELECT (count(), sum(cityHash64(entry_id, content_digest))) FROM ledger),
    (SELECT arraySort(groupArray((name, engine, create_table_query))) FROM system.tables WHERE database = 'asked'),
    (SELECT arraySort(groupArray(name)) FROM system.databases),
    (SELECT groupArray(name) FROM system.functions WHERE origin != 'System')
"""
"""What a question must leave as it is."""


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_what_is_no_question_about_the_ledger_is_refused_and_leaves_nothing_behind(
    asked: Asked, untouched: str, surroundings: Surroundings, attempt: str
) -> None:
    text = attempt.format(
        secret=surroundings.secret, target=surroundings.target, port=surroundings.port, word=SECRET
    )

    reply = asked.ask(text, param_db="system", param_path=str(surroundings.secret))

    assert reply.status in {400, 403, 404, 501}
    assert reply.headers["x-clickhouse-exception-code"] in {
        "36",
        "48",
        "60",
        "62",
        "164",
        "452",
        "497",
    }
    assert SECRET.encode() not in reply.body
    assert not surroundings.target.exists()
    assert surroundings.knocks == []
    assert asked.told(STATE) == untouched


def test_every_attempt_is_one_that_its_sentence_names() -> None:
    """At least forty, each another."""
    assert len(set(ATTEMPTS.values())) == len(ATTEMPTS) >= 40


@pytest.mark.parametrize(
    "name",
    [
        "format_schema",
        "format_template_row",
        "output_format_schema",
        "filter",
        "dialect",
        "allow_ddl",
        "log_queries_probability",
        "max_untracked_memory",
    ],
)
def test_settings_beside_the_text_pass_the_same_list(asked: Asked, name: str) -> None:
    reply = asked.ask("SELECT 1", method="POST", headers=None, **{name: "1"})

    assert reply.headers["x-clickhouse-exception-code"] == "452"


def test_a_format_beside_the_text_passes_the_same_list(asked: Asked) -> None:
    assert asked.ask("SELECT 1", default_format="Template").status == 403
    assert asked.ask("SELECT 1", headers={"X-ClickHouse-Format": "PNG"}).status == 403


@pytest.mark.parametrize("database", ["system", "information_schema", "../..", "other"])
def test_no_other_database_can_be_the_one_that_is_meant(asked: Asked, database: str) -> None:
    assert asked.ask("SELECT 1", database=database).headers["x-clickhouse-exception-code"] == "81"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + "(" * 50_000 + "1" + ")" * 50_000,
        "SELECT " + "[" * 100_000,
        "SELECT " + "-" * 10 + "not " * 50_000 + "1",
        "SELECT 1" + " + 1" * 60_000,
        "SELECT 1" + " UNION ALL SELECT 1" * 10_000,
        "SELECT * FROM (" * 5_000 + "SELECT 1" + ")" * 5_000,
        "SELECT " + "CASE WHEN 1 THEN " * 5_000,
        "SELECT 1 AS " + "a" * 100_000,
        TOWER,
        "SELECT " + "x -> " * 20_000 + "1",
        "SELECT 1\0; DROP TABLE ledger",
        "SELECT " + "1," * 200_000 + "1",
        "\ud7ff" * 100,
    ],
    ids=lambda text: re.sub(r"(.{8}).*", r"\1", str(text), flags=re.DOTALL),
)
def test_a_text_that_is_deep_or_huge_is_refused_and_the_engine_lives(
    asked: Asked, text: str
) -> None:
    reply = asked.ask(text)

    assert reply.status >= 400
    assert asked.told("SELECT 1") == "1\n"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT sum(number) FROM system.numbers",
        "SELECT count() FROM numbers(100000000000) AS a, numbers(100000000) AS b",
        "SELECT groupArray(number) FROM numbers(1000000000)",
        "SELECT range(1000000000)",
        "SELECT repeat('x', 1000000000)",
        "SELECT number FROM numbers(1000000)",
        "SELECT repeat('x', 1000) FROM numbers(99000)",
        "SELECT number FROM numbers(10) ORDER BY number WITH FILL TO 1000000000000",
        "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a) SELECT max(n) FROM a",
        "SELECT arrayMap(x -> arrayMap(y -> x * y, range(100000)), range(100000))",
        "SELECT toLowCardinality(repeat('x', 100000)) FROM numbers(90000) FORMAT JSON",
        "SELECT uniqExact(number) FROM numbers(10000000000)",
    ],
)
def test_what_would_take_more_than_its_share_ends_within_it(asked: Asked, text: str) -> None:
    reply = asked.ask(text, max_execution_time="1")

    assert reply.headers["x-clickhouse-exception-code"] in {
        "159",
        "241",
        "396",
        "131",
        "128",
        "69",
        "306",
        "658",
    }
    assert asked.told("SELECT 1") == "1\n"
