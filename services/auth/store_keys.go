package auth

import (
	"context"
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// storedKey is a row of signing_keys.
type storedKey struct {
	Seq        int
	ID         string
	Sealed     []byte
	ActiveFrom time.Time
}

// signingKeys lists the keys in their order.
func (s *Store) signingKeys(ctx context.Context) ([]storedKey, error) {
	rows, err := s.db.Query(ctx, `
SELECT
	seq,
	id,
	sealed,
	active_from
FROM signing_keys
ORDER BY seq`)
	if err != nil {
		return nil, fmt.Errorf("list signing keys: %w", err)
	}
	return mysql.Collect(rows, func(row mysql.Scanner) (k storedKey, err error) {
		return k, row.Scan(&k.Seq, &k.ID, &k.Sealed, &k.ActiveFrom)
	})
}

// addSigningKey stores a key unless another replica has stored one with its number.
func (s *Store) addSigningKey(ctx context.Context, k storedKey) error {
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.Exec(ctx, `
INSERT INTO signing_keys (
	seq,
	id,
	sealed,
	active_from,
	created_at
) VALUES (?, ?, ?, ?, UTC_TIMESTAMP(6))`,
			k.Seq, k.ID, k.Sealed, k.ActiveFrom)
		if err != nil {
			return err
		}
		return s.record(ctx, tx, eventKeyCreated, keyName(k.ID), "", nil)
	})
	if err != nil && !mysql.IsDuplicate(err) {
		return fmt.Errorf("insert signing key: %w", err)
	}
	return nil
}

// dropSigningKeys deletes the keys before a number.
func (s *Store) dropSigningKeys(ctx context.Context, before int) error {
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		rows, err := tx.Query(ctx, `
SELECT
	id
FROM signing_keys
WHERE seq < ?
FOR UPDATE`, before)
		if err != nil {
			return err
		}
		ids, err := mysql.Collect(rows, func(row mysql.Scanner) (id string, err error) { return id, row.Scan(&id) })
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM signing_keys WHERE seq < ?`, before)
		if err != nil {
			return err
		}
		for _, id := range ids {
			err = s.record(ctx, tx, eventKeyDeleted, keyName(id), "", nil)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("delete old signing keys: %w", err)
	}
	return nil
}
