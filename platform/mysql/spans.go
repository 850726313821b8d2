package mysql

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"gitlab.com/notejam/notejam/platform/fault"
)

// What happens in the database is part of a trace when its caller is: a transaction, with its wait for a connection, each statement, and the
// COMMIT. A span has the caller's tracer, so nobody has to be given one, and where nobody records a trace all of this is one look into the context.
// A span says what a statement does and to which table, never its arguments.

// scope names this package as the maker of its spans.
const scope = "gitlab.com/notejam/notejam/platform/mysql"

// spans makes spans about one schema.
type spans struct{ schema string }

// noSpan is the span of who does not record.
var noSpan = trace.SpanFromContext(context.Background())

// begin begins a span under the caller's, noSpan if that is not recorded.
func (s spans) begin(ctx context.Context, name string, more ...attribute.KeyValue) (context.Context, trace.Span) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, noSpan
	}
	return parent.TracerProvider().Tracer(scope).Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		append(more, attribute.String("db.system.name", "mysql"), attribute.String("db.namespace", s.schema))...))
}

// statement begins a statement's span, which is called what it does: "INSERT notes".
func (s spans) statement(ctx context.Context, query string) trace.Span {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return noSpan
	}
	operation, table := summary(query)
	_, span := s.begin(ctx, strings.TrimSpace(operation+" "+table),
		attribute.String("db.operation.name", operation), attribute.String("db.collection.name", table))
	return span
}

// end ends a span. What went wrong is told by its number or kind: an error's text may hold data.
func end(span trace.Span, err error) {
	if err != nil && span.IsRecording() {
		span.SetStatus(codes.Error, "")
		span.SetAttributes(attribute.String("error.type", fault.KindOf(err).Code().String()))
		var refused *mysqldriver.MySQLError
		if errors.As(err, &refused) {
			span.SetAttributes(attribute.String("db.response.status_code", strconv.Itoa(int(refused.Number))))
		}
	}
	span.End()
}

var (
	firstWord  = regexp.MustCompile(`^[\s(]*([A-Za-z]+)`)
	firstTable = regexp.MustCompile("(?i)\\b(?:FROM|INTO|UPDATE)\\s+`?([a-z_]+(?:\\.[a-z_]+)?)`?")
)

// summary tells what a statement does and the first table that it names; nothing where it names none.
func summary(query string) (operation, table string) {
	word := firstWord.FindStringSubmatch(query)
	if word == nil {
		return "OTHER", ""
	}
	named := firstTable.FindStringSubmatch(query)
	if named != nil {
		table = named[1]
	}
	return strings.ToUpper(word[1]), table
}
