// Asks a ledger in SQL as Grafana's data source does: clickhouse-go over HTTP. Prints what came as one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/shopspring/decimal"
)

var methods = map[string]clickhouse.CompressionMethod{
	"none": clickhouse.CompressionNone,
	"lz4":  clickhouse.CompressionLZ4,
	"zstd": clickhouse.CompressionZSTD,
	"gzip": clickhouse.CompressionGZIP,
}

type said struct {
	Parameters  []string `json:"parameters"`
	Numbers     uint64   `json:"numbers"`
	Dollars     string   `json:"dollars"`
	Team        string   `json:"team"`
	Columns     []string `json:"columns"`
	Refused     int32    `json:"refused"`
	CancelledMs int64    `json:"cancelled_ms"`
}

func main() {
	address, token, method := os.Args[1], os.Args[2], os.Args[3]
	connection, err := clickhouse.Open(&clickhouse.Options{
		Addr:        []string{address},
		Protocol:    clickhouse.HTTP,
		Auth:        clickhouse.Auth{Database: "default", Username: "default", Password: token},
		Compression: &clickhouse.Compression{Method: methods[method]},
		Settings:    clickhouse.Settings{"enable_http_compression": 1, "max_execution_time": 20},
	})
	must(err)
	must(connection.Ping(context.Background()))
	var told said
	told.Parameters = withParameters(connection)
	must(connection.QueryRow(context.Background(), "SELECT max(number) FROM numbers(200000)").Scan(&told.Numbers))
	var usd decimal.Decimal
	row := connection.QueryRow(context.Background(), "SELECT sum(total_usd), any(team) FROM costs")
	must(row.Scan(&usd, &told.Team))
	told.Dollars = usd.String()
	told.Columns = columns(connection)
	told.Refused = refused(connection)
	told.CancelledMs = cancelled(connection)
	must(json.NewEncoder(os.Stdout).Encode(told))
}

func withParameters(connection driver.Conn) []string {
	asked := clickhouse.Context(context.Background(), clickhouse.WithParameters(clickhouse.Parameters{"text": "it's {one}", "number": "7"}))
	rows, err := connection.Query(asked, "SELECT {text:String}, toString(number) FROM numbers({number:UInt64})")
	must(err)
	var all []string
	for rows.Next() {
		var text, number string
		must(rows.Scan(&text, &number))
		all = append(all, text+number)
	}
	must(rows.Err())
	return all
}

// columns reads every column of a table, whatever its type.
func columns(connection driver.Conn) []string {
	rows, err := connection.Query(context.Background(), "SELECT * FROM costs")
	must(err)
	for rows.Next() {
	}
	must(rows.Err())
	return rows.Columns()
}

func refused(connection driver.Conn) int32 {
	var exception *clickhouse.Exception
	err := connection.QueryRow(context.Background(), "SELECT file('/etc/passwd')").Err()
	if !errors.As(err, &exception) {
		return 0
	}
	return exception.Code
}

func cancelled(connection driver.Conn) int64 {
	asked, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	began := time.Now()
	var sum uint64
	if connection.QueryRow(asked, "SELECT sum(sipHash64(number)) FROM numbers(100000000000)").Scan(&sum) == nil {
		return -1
	}
	return time.Since(began).Milliseconds()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
