package mysql

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// connector opens connections with the driver and sets their sessions up.
type connector struct {
	driver.Connector
	setup []string
}

// conn is what the driver's connection can do. All of it must stay visible to database/sql through a session.
type conn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// Connect opens a connection.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	return c.connect(ctx)
}

func (c *connector) connect(ctx context.Context) (conn, error) {
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	ready, ok := opened.(conn)
	if !ok {
		_ = opened.Close()
		return nil, fmt.Errorf("the driver's %T lacks methods that we need", opened)
	}
	for _, statement := range c.setup {
		_, err := ready.ExecContext(ctx, statement, nil)
		if err != nil {
			_ = opened.Close() // it cannot be used, and the error below says why
			return nil, fmt.Errorf("set the session up: %w", err)
		}
	}
	return ready, nil
}

// sessionConnector makes sessions of them.
type sessionConnector struct {
	connector
	metrics *metrics
	spans   spans
	mode    *mode
}

// Connect opens a session. It fails with fault.Unavailable whatever the reason is: without a connection there is no database for the caller. The
// cause tells more.
func (c *sessionConnector) Connect(ctx context.Context) (driver.Conn, error) {
	ready, err := c.connect(ctx)
	switch {
	case err == nil:
		return &session{conn: ready, prepared: newStatements(ready, c.metrics), spans: c.spans, mode: c.mode}, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("connect to the database: %w", ctx.Err())
	default:
		return nil, unavailable.With(fmt.Errorf("connect to the database: %w", err))
	}
}
