"""The embedded engine with a server's configuration, in a process of its own: what is asked comes as JSON, and goes so."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

CLUSTER_OF_ONE = """
<clickhouse>
  <tcp_port>9000</tcp_port>
  <remote_servers><all><shard><replica><host>localhost</host><port>9000</port></replica></shard></all></remote_servers>
  <macros><cluster>all</cluster></macros>
</clickhouse>
"""
_WITH_USERS = """
<clickhouse><user_directories><users_xml><path>{}</path></users_xml></user_directories></clickhouse>
"""
_USERS = """
<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users><default>
    <password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
    <databases><{database}>{filters}</{database}></databases>
  </default></users>
</clickhouse>
"""


def asked(ledger: Path, configuration: Path, statements: Iterable[str]) -> list[Any]:
    """Run statements one after the other, and return the rows of those that are questions."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(ledger), str(configuration)],
        input=json.dumps(list(statements)),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    rows: list[Any] = json.loads(done.stdout)
    return rows


def limited(directory: Path, database: str, conditions: dict[str, str]) -> Path:
    """Write the configuration of a node whose one user sees of each table only what a condition says; return its path."""
    escape = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;"})
    filters = "".join(
        f"<{table}><filter>{condition.translate(escape)}</filter></{table}>"
        for table, condition in conditions.items()
    )
    users, configuration = directory / "users.xml", directory / "limited.xml"
    users.write_text(_USERS.format(database=database, filters=filters))
    configuration.write_text(_WITH_USERS.format(users))
    return configuration


def _run(ledger: str, configuration: str, statements: list[str]) -> list[Any]:
    from clickhouse_connect import get_client

    client = get_client(interface="chdb", path=f"{ledger}?config-file={configuration}")
    answers = []
    for statement in statements:
        if statement.startswith(("SELECT", "WITH")):
            answers.append([list(map(str, row)) for row in client.query(statement).result_rows])
        else:
            client.command(statement)
    return answers


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_run(sys.argv[1], sys.argv[2], json.loads(sys.stdin.read()))))
