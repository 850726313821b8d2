package storm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/planted"
)

// verifyChains has the operator's own command check every chain, and gives what
// it found: "" when all are intact.
func (f *fleet) verifyChains(ctx context.Context) (finding string, err error) {
	if f.o.Bug == planted.ChainEdited {
		err = f.editChain(ctx)
		if err != nil {
			return "", err
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(f.o.Work, "bin", "audit"), "verify") //nolint:gosec // we built it
	for key, value := range f.stack.Settings("audit") {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "", nil
	case errors.As(err, &exit) && exit.ExitCode() == 1 && len(out) > 0:
		return strings.TrimSpace(string(out)), nil
	case errors.As(err, &exit):
		return "", fmt.Errorf("audit verify: %w\n%s", err, exit.Stderr)
	default:
		return "", fmt.Errorf("audit verify: %w", err)
	}
}

// editChain is somebody who may write to the tables of audit, and does.
func (f *fleet) editChain(ctx context.Context) error {
	set := env.New(env.Map(f.stack.MigratorSettings("audit")))
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
