#!/usr/bin/env bash
# The users of compose.yaml, made once, when ClickHouse first starts; their roles are those of access.sql.
set -euo pipefail

make_user() { # name, password, role
  local hash
  hash=$(printf %s "$2" | sha256sum | cut -d ' ' -f 1)
  clickhouse client --user "$CLICKHOUSE_USER" --password "$CLICKHOUSE_PASSWORD" --multiquery --query "
    CREATE USER IF NOT EXISTS $1 IDENTIFIED WITH sha256_hash BY '$hash';
    GRANT $3 TO $1;"
}

make_user collector "$COLLECTOR_PASSWORD" otel_costing_owner
make_user grafana "$GRAFANA_PASSWORD" otel_costing_reader
