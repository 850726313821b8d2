package storm

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/planted"
)

// verifyChains says what is wrong with them: "" when all are intact.
func (f *victims) verifyChains(ctx context.Context) (finding string, err error) {
	if f.o.Bug == planted.ChainEdited {
		err = f.editChain(ctx)
		if err != nil {
			return "", err
		}
	}
	return f.look.VerifyChains(ctx)
}

// editChain is somebody who may write to the tables of audit, and does.
func (f *victims) editChain(ctx context.Context) error {
	set := env.New(env.Map(f.Stack.MigratorSettings("audit")))
	cfg := mysql.Settings(set, "AUDIT", 1)
	err := set.Err()
	if err != nil {
		return err
	}
	db, err := mysql.Open(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE chain SET hash = UNHEX(SHA2('another', 256)) WHERE seq = 2 LIMIT 1")
		return err
	})
}
