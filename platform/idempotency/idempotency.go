// Package idempotency makes the repeat of a write harmless. Do runs a write together with a row that remembers it by the request_id of AIP-155, in
// one transaction: the second time the same request comes, nothing is written and the first outcome is told again.
//
// What is remembered is the name and etag of the resource, never a body or a secret; the caller builds its answer from them. A service that uses
// this package has the table of Schema: its migration is a copy of that text, and a test of the service compares the two.
package idempotency

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/rpc"
)

// Schema is the statement that creates the table.
//
//go:embed schema.sql
var Schema string

// Key names one request of one person.
type Key struct {
	Person    string // whose request it is; what stands for nobody, where nobody is signed in, is the caller's choice
	RequestID string // the request_id: a UUID in any spelling that uuid.Parse reads
	Method    string // the full gRPC method: one id for two methods is a mistake
	Hash      []byte // HashRequest of the message, 32 bytes
	// Known is what the write will be remembered by, where that is decided before it begins, as for a resource that is made. It saves a statement;
	// the zero one says nothing.
	Known Result
}

// Result is what is remembered of a write: enough to find its resource again.
type Result struct {
	Resource string // resource name, at most 80 characters
	ETag     string // its etag after the write, at most 64 characters
}

var (
	idMissing  = fault.InvalidFields(fault.Field{Name: "request_id", Sentence: "Send a UUID as request_id."})
	idReused   = fault.New(fault.Invalid, fault.ReasonRequestIDReused, "This request_id came before with another request. Use a new one.")
	inProgress = fault.New(fault.Aborted, fault.ReasonRequestInProgress, "The same request is still under way. Try again in a moment.")
)

// errSeen ends the transaction of a request that came before.
var errSeen = errors.New("this request came before")

// Do runs fn in a transaction, unless the same request succeeded within the last 24 hours: then it tells that one's result, replayed is true, and the
// answer to the call says so in its trailer: see rpc.Replayed.
// fn keeps to the rules of mysql.DB.WithTx. What fn returns as an error is not remembered: the same request may be tried again.
//
// The same id with another method or hash is Invalid, reason REQUEST_ID_REUSED. While the first attempt is still under way, a second one waits for
// it; after 2 s, the limit of every lock, it is Aborted, reason REQUEST_IN_PROGRESS.
//
// The row of the request is written before everything else. That does not break the order in which a service takes its locks, although this one is
// not the first in it: only the same request waits for it, and does so while it holds no other lock. Two requests can therefore not wait for each
// other across it.
func Do(ctx context.Context, db *mysql.DB, key Key, fn func(ctx context.Context, tx *mysql.Tx) (Result, error)) (result Result, replayed bool, err error) {
	id, err := uuid.Parse(key.RequestID)
	if err != nil {
		return Result{}, false, idMissing.With(err)
	}
	key.RequestID = id.String()
	err = db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		nonce, err := begin(ctx, tx, key)
		if err != nil {
			return err
		}
		result, err = fn(ctx, tx)
		if err != nil {
			return err
		}
		if result == key.Known {
			return nil // begin has written it
		}
		return finish(ctx, tx, key, nonce, result)
	})
	if errors.Is(err, errSeen) {
		result, err = read(ctx, db, key)
		if err != nil {
			return Result{}, false, err
		}
		rpc.TellReplayed(ctx)
		return result, true, nil
	}
	if err != nil {
		return Result{}, false, err
	}
	return result, false, nil
}

// begin claims the request. The nonce makes the rows of two racers differ, so that neither can ever be taken for the other's.
func begin(ctx context.Context, tx *mysql.Tx, key Key) (nonce []byte, err error) {
	nonce = make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails
	_, err = tx.Exec(ctx, `
		INSERT INTO idem (person_id, request_id, method, req_hash, resource, etag, nonce, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))`,
		key.Person, key.RequestID, key.Method, key.Hash, key.Known.Resource, key.Known.ETag, nonce)
	switch {
	case mysql.IsDuplicate(err):
		return nil, errSeen
	case mysql.IsLockWait(err):
		return nil, inProgress.With(err)
	case err != nil:
		return nil, fmt.Errorf("insert idem: %w", err)
	}
	return nonce, nil
}

// finish writes down what came of the request, still in its transaction.
func finish(ctx context.Context, tx *mysql.Tx, key Key, nonce []byte, result Result) error {
	done, err := tx.Exec(ctx, `
		UPDATE idem SET resource = ?, etag = ?
		WHERE person_id = ? AND request_id = ? AND nonce = ?`,
		result.Resource, result.ETag, key.Person, key.RequestID, nonce)
	if err != nil {
		return fmt.Errorf("update idem: %w", err)
	}
	rows, err := done.RowsAffected()
	if err != nil || rows != 1 {
		return fmt.Errorf("update idem: %d rows: %w", rows, errors.Join(err, errors.New("the row of this request is gone")))
	}
	return nil
}

// read tells the result of the same request from before.
func read(ctx context.Context, db *mysql.DB, key Key) (Result, error) {
	var method string
	var hash []byte
	var result Result
	err := db.QueryRow(ctx, `
		SELECT method, req_hash, resource, etag FROM idem
		WHERE person_id = ? AND request_id = ?`,
		key.Person, key.RequestID).Scan(&method, &hash, &result.Resource, &result.ETag)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		// Swept since the INSERT met it. The next attempt is the first one again.
		return Result{}, inProgress.With(err)
	case err != nil:
		return Result{}, fmt.Errorf("read idem: %w", err)
	case method != key.Method || !bytes.Equal(hash, key.Hash):
		return Result{}, idReused
	}
	return result, nil
}
