// Asks a ledger in SQL over HTTP, and makes data frames of the answers as a data source of Grafana does, by Grafana's own SDK
// for data sources. Reads questions from standard input, writes what each frame has, both as JSON.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/data/sqlutil"
	"github.com/shopspring/decimal"
)

// No answer to a dashboard has more.
const rowLimit = 100_000

type question struct {
	Name         string `json:"name"`
	SQL          string `json:"sql"`
	IsTimeSeries bool   `json:"is_time_series"`
}

type field struct {
	Name string `json:"name"`
	// Of a field of numbers; else 0.
	Sum float64 `json:"sum"`
}

type told struct {
	Error  string  `json:"error"`
	Rows   int     `json:"rows"`
	Fields []field `json:"fields"`
}

func main() {
	var questions []question
	must(json.NewDecoder(os.Stdin).Decode(&questions))
	ledger := clickhouse.OpenDB(&clickhouse.Options{
		Addr:     []string{os.Args[1]},
		Protocol: clickhouse.HTTP,
		Auth:     clickhouse.Auth{Database: "otel_costing", Username: "default"},
	})
	answers := map[string]told{}
	for _, asked := range questions {
		answers[asked.Name] = answer(ledger, asked)
	}
	must(json.NewEncoder(os.Stdout).Encode(answers))
}

func answer(ledger *sql.DB, asked question) told {
	frame, err := frameOf(ledger, asked)
	if err != nil {
		return told{Error: err.Error()}
	}
	fields := make([]field, 0, len(frame.Fields))
	for _, one := range frame.Fields {
		fields = append(fields, field{one.Name, sum(one)})
	}
	return told{Rows: frame.Rows(), Fields: fields}
}

func frameOf(ledger *sql.DB, asked question) (*data.Frame, error) {
	rows, err := ledger.QueryContext(context.Background(), asked.SQL)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	frame, err := sqlutil.FrameFromRows(rows, rowLimit, converters()...)
	if err != nil || !asked.IsTimeSeries || frame.Rows() == 0 {
		return frame, err
	}
	switch frame.TimeSeriesSchema().Type {
	case data.TimeSeriesTypeWide:
		return frame, nil
	case data.TimeSeriesTypeLong:
		return data.LongToWide(frame, nil)
	default:
		return nil, errors.New("no time, or no number, in what should be a time series")
	}
}

// converters say what becomes of the types that the SDK does not know: amounts become numbers, what is nested becomes JSON, and
// what may be null stays so.
func converters() []sqlutil.Converter {
	return []sqlutil.Converter{
		converter("numbers", `^Decimal|^Nullable\((Decimal|U?Int|Float)`, data.FieldTypeNullableFloat64, number),
		converter("texts", `^(LowCardinality\()?Nullable\(String`, data.FieldTypeNullableString, pointer[string]),
		converter("times", `^Nullable\(Date`, data.FieldTypeNullableTime, pointer[time.Time]),
		converter("nested", `^(Array|Map|Tuple)`, data.FieldTypeJSON, nested),
	}
}

func converter(name, types string, made data.FieldType, convert func(value any) (any, error)) sqlutil.Converter {
	return sqlutil.Converter{
		Name:           name,
		InputTypeRegex: regexp.MustCompile(types),
		InputScanType:  reflect.TypeFor[any](),
		FrameConverter: sqlutil.FrameConverter{FieldType: made, ConverterFunc: func(in any) (any, error) {
			return convert(*in.(*any))
		}},
	}
}

func number(value any) (any, error) {
	said := reflect.ValueOf(value)
	if said.Kind() == reflect.Pointer {
		said = said.Elem()
	}
	if !said.IsValid() {
		return (*float64)(nil), nil
	}
	var found float64
	if said.Kind() == reflect.String {
		// database/sql asks an amount for its value, which is a text.
		amount, err := decimal.NewFromString(said.String())
		if err != nil {
			return nil, err
		}
		found = amount.InexactFloat64()
	} else {
		found = said.Convert(reflect.TypeFor[float64]()).Float()
	}
	return &found, nil
}

func pointer[T any](value any) (any, error) {
	switch said := value.(type) {
	case nil:
		return (*T)(nil), nil
	case T:
		return &said, nil
	case *T:
		return said, nil
	default:
		return nil, fmt.Errorf("%T is no %T", value, *new(T))
	}
}

func nested(value any) (any, error) {
	text, err := json.Marshal(value)
	return json.RawMessage(text), err
}

func sum(of *data.Field) float64 {
	var total float64
	if !of.Type().Numeric() {
		return 0
	}
	for row := range of.Len() {
		value, err := of.NullableFloatAt(row)
		must(err)
		if value != nil {
			total += *value
		}
	}
	return total
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
