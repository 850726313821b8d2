package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"

	"gitlab.com/notejam/notejam/platform/fault"
)

// The servers' error numbers that we know. MySQL's are in its "Server Error Message Reference"; those that only MariaDB has are marked.
const (
	errTooManyConnections  = 1040
	errAccessDenied        = 1045
	errServerShutdown      = 1053
	errNoSuchColumn        = 1054
	errDuplicate           = 1062
	errDiskFull            = 1021
	errTableFull           = 1114 // InnoDB says so when the disk is full
	errNoSuchGrant         = 1141
	errNoSuchTable         = 1146
	errCommitFailed        = 1180
	errTooManyUserConns    = 1203
	errLockWait            = 1205
	errDeadlock            = 1213
	errUserLimit           = 1226
	errOptionPrevents      = 1290 // the server runs with --read-only
	errBadValue            = 1292
	errInterrupted         = 1317
	errBadStringValue      = 1366
	errBadDateValue        = 1411
	errDuplicateNamedKey   = 1586
	errReadOnlyTransaction = 1792
	errReadOnlyMode        = 1836
	errKilled              = 1927 // MariaDB
	errStatementTime       = 1969 // MariaDB's max_statement_time
	errExecutionTime       = 3024 // MySQL's max_execution_time
	errSessionKilled       = 3169 // MySQL
	errLockNowait          = 3572 // MySQL
	errIdleDisconnect      = 4031 // MySQL
)

// The faults that the database's errors become.
var (
	unavailable    = fault.New(fault.Unavailable, fault.ReasonUnavailable, "Notejam is not available right now. Try again.")
	overloaded     = fault.New(fault.Unavailable, fault.ReasonOverloaded, "Notejam is very busy right now. Try again.")
	outcomeUnknown = fault.New(fault.Unavailable, fault.ReasonOutcomeUnknown, "It is not certain whether this was saved. Try again.")
	locked         = fault.New(fault.Aborted, fault.ReasonLockTimeout, "This is being changed elsewhere right now. Try again.")
	tooSlow        = fault.New(fault.Timeout, fault.ReasonDeadline, "This took too long. Try again.")
)

// IsDuplicate tells whether a row was refused because another one has the same unique key.
func IsDuplicate(err error) bool {
	n := number(err)
	return n == errDuplicate || n == errDuplicateNamedKey
}

// IsDeadlock tells whether the server rolled the transaction back because it and others waited for each other.
func IsDeadlock(err error) bool {
	return number(err) == errDeadlock
}

// IsLockWait tells whether somebody else kept a lock for too long.
func IsLockWait(err error) bool {
	n := number(err)
	return n == errLockWait || n == errLockNowait
}

// isStatementTime tells whether a statement was ended because it ran too long.
func isStatementTime(err error) bool {
	n := number(err)
	return n == errStatementTime || n == errExecutionTime
}

// Translate gives err the kind that a caller reacts to, with err as the cause: a connection lost or not to be had, a server that is read-only,
// full or overrun is Unavailable, a lock that is not to be had Aborted, a statement over its time Timeout. A fault, a context's end and every
// other error stay what they are. DB and Tx have translated their errors already.
func Translate(err error) error {
	_, isFault := fault.As(err)
	if isFault {
		return err
	}
	switch number(err) {
	case errLockWait, errLockNowait, errDeadlock:
		return locked.With(err)
	case errStatementTime, errExecutionTime:
		return tooSlow.With(err)
	case errOptionPrevents, errReadOnlyTransaction, errReadOnlyMode:
		return readOnly.With(err)
	case errTooManyConnections, errTooManyUserConns, errUserLimit, errDiskFull, errTableFull, errInterrupted:
		return unavailable.With(err)
	}
	if isConnectionLoss(err) {
		return unavailable.With(err)
	}
	return err
}

// isConnectionLoss tells whether the connection is gone, and with it a transaction that had not reached COMMIT.
func isConnectionLoss(err error) bool {
	switch number(err) {
	case errServerShutdown, errKilled, errSessionKilled, errIdleDisconnect:
		return true
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false // the driver closes the connection then, but because the caller has gone
	}
	var network *net.OpError
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysqldriver.ErrInvalidConn) ||
		errors.Is(err, mysqldriver.ErrMalformPkt) || errors.Is(err, mysqldriver.ErrPktSync) || errors.Is(err, mysqldriver.ErrPktSyncMul) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network)
}

// number gives the server's error number, 0 for an error that is not the server's.
func number(err error) uint16 {
	var serverError *mysqldriver.MySQLError
	if !errors.As(err, &serverError) {
		return 0
	}
	return serverError.Number
}

// withoutData takes the values that people entered out of the server's error: "Duplicate entry 'ann@example.com' for key 'email'" must not reach
// a log. The name of the key or column stays where the server puts it last.
func withoutData(err error) error {
	var serverError *mysqldriver.MySQLError
	if !errors.As(err, &serverError) {
		return err
	}
	tail := ""
	switch serverError.Number {
	case errDuplicate, errDuplicateNamedKey:
		tail = " for key "
	case errBadStringValue:
		tail = " for column "
	case errBadValue, errBadDateValue:
	default:
		return err
	}
	clean := *serverError
	begin, _, quoted := strings.Cut(clean.Message, "'")
	if !quoted {
		return err
	}
	clean.Message = begin + "…"
	at := strings.LastIndex(serverError.Message, tail)
	if tail != "" && at >= 0 {
		clean.Message += serverError.Message[at:]
	}
	return &clean
}
