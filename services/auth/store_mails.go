package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// mailPasswordReset is the kind of a mail with a link that sets a new password.
const mailPasswordReset = "password_reset"

// What becomes of a row of mails.
const (
	mailSent    = 1
	mailGivenUp = 2
)

// ClaimedMail is a mail that is the caller's to send, for as long as the claim lasts.
type ClaimedMail struct {
	ID        string
	Claim     string // what the row is marked with
	Attempts  int    // the one that the claim is for included
	AccountID string
	Email     string
	Epoch     int // of the account
}

var (
	// errNoMail is that no mail is to be sent now.
	errNoMail = errors.New("no mail is due")
	// errMailTaken is that another replica was faster.
	errMailTaken = errors.New("the mail is claimed by another one")
)

func insertMail(ctx context.Context, tx *mysql.Tx, id, kind, accountID string) error {
	_, err := tx.Exec(ctx, `
INSERT INTO mails (
	id,
	kind,
	account_id,
	visible_at,
	created_at
) VALUES (?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`, id, kind, accountID)
	if err != nil {
		return fmt.Errorf("insert mail: %w", err)
	}
	return nil
}

func deleteMail(ctx context.Context, tx *mysql.Tx, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM mails WHERE id = ?`, id)
	if err != nil {
		return fmt.Errorf("delete mail: %w", err)
	}
	return nil
}

// withdrawResets takes back the mails that were asked for and not sent: their links would come after what the
// person has done since.
func withdrawResets(ctx context.Context, tx *mysql.Tx, accountID string) error {
	_, err := tx.Exec(ctx, `DELETE FROM mails WHERE account_id = ? AND status = 0 AND kind = ?`, accountID, mailPasswordReset)
	if err != nil {
		return fmt.Errorf("withdraw reset mails: %w", err)
	}
	return nil
}

// ClaimReset claims the reset mail that has been due longest, until the lease ends, and stores the hash of the
// token that will be in it. Times are the database's, so that no replica's clock matters.
func (s *Store) ClaimReset(ctx context.Context, claim string, lease time.Duration, tokenHash []byte) (ClaimedMail, error) {
	mail, err := s.dueReset(ctx)
	if err != nil {
		return ClaimedMail{}, err
	}
	mail.Claim = claim
	mail.Attempts++
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		// Every claim counts as an attempt, so their number says whether another one came first.
		found, err := changeMail(ctx, tx, `
UPDATE mails SET
	claim = ?,
	visible_at = UTC_TIMESTAMP(6) + INTERVAL ? SECOND,
	attempts = ?
WHERE id = ? AND status = 0 AND attempts = ?`, mail.Claim, seconds(lease), mail.Attempts, mail.ID, mail.Attempts-1)
		if err == nil && !found {
			err = errMailTaken
		}
		if err != nil {
			return err
		}
		return insertReset(ctx, tx, tokenHash, mail.AccountID, mail.Epoch)
	})
	return mail, err
}

// dueReset finds a mail to claim, without locks: an UPDATE that looked for it itself would wait for all those
// that are being written. No wait is ten minutes long: a row that is not due for longer was written under a
// clock that jumped.
func (s *Store) dueReset(ctx context.Context) (ClaimedMail, error) {
	var mail ClaimedMail
	err := s.db.QueryRow(ctx, `
SELECT
	m.id,
	m.attempts,
	a.id,
	a.email,
	a.epoch
FROM mails m
JOIN accounts a ON a.id = m.account_id
WHERE m.status = 0
	AND m.kind = ?
	AND (m.visible_at <= UTC_TIMESTAMP(6) OR m.visible_at > UTC_TIMESTAMP(6) + INTERVAL 10 MINUTE)
ORDER BY m.visible_at
LIMIT 1`, mailPasswordReset).Scan(&mail.ID, &mail.Attempts, &mail.AccountID, &mail.Email, &mail.Epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return ClaimedMail{}, errNoMail
	}
	if err != nil {
		return ClaimedMail{}, fmt.Errorf("find due mail: %w", err)
	}
	return mail, nil
}

// FinishMail writes down that a mail was sent or given up.
func (s *Store) FinishMail(ctx context.Context, mail ClaimedMail, status int) error {
	return s.settleMail(ctx, `
UPDATE mails SET
	status = ?,
	claim = NULL
WHERE id = ? AND claim = ? AND status = 0`, status, mail.ID, mail.Claim)
}

// DelayMail makes a mail due again later.
func (s *Store) DelayMail(ctx context.Context, mail ClaimedMail, wait time.Duration) error {
	return s.settleMail(ctx, `
UPDATE mails SET
	visible_at = UTC_TIMESTAMP(6) + INTERVAL ? SECOND,
	claim = NULL
WHERE id = ? AND claim = ? AND status = 0`, seconds(wait), mail.ID, mail.Claim)
}

// settleMail changes a claimed mail. One whose claim is over stays as it is: it is another replica's, or was
// withdrawn.
func (s *Store) settleMail(ctx context.Context, query string, args ...any) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := changeMail(ctx, tx, query, args...)
		return err
	})
}

func changeMail(ctx context.Context, tx *mysql.Tx, query string, args ...any) (found bool, err error) {
	result, err := tx.Exec(ctx, query, args...)
	if err != nil {
		return false, fmt.Errorf("update mail: %w", err)
	}
	count, err := result.RowsAffected()
	return count == 1, err
}

// OldestMail gives how long ago the oldest mail was asked for that is neither sent nor given up; 0 when there is
// none.
func (s *Store) OldestMail(ctx context.Context) (time.Duration, error) {
	var micros int64
	err := s.db.QueryRow(ctx, `
SELECT
	COALESCE(TIMESTAMPDIFF(MICROSECOND, MIN(created_at), UTC_TIMESTAMP(6)), 0)
FROM mails
WHERE status = 0`).Scan(&micros)
	if err != nil {
		return 0, fmt.Errorf("measure the oldest mail: %w", err)
	}
	return max(time.Duration(micros)*time.Microsecond, 0), nil
}
