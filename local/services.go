package local

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/services/audit"
	"gitlab.com/notejam/notejam/services/auth"
	"gitlab.com/notejam/notejam/services/notes"
	"gitlab.com/notejam/notejam/services/web"
)

// programs are the four services, those first that others ask at their start.
func programs() []service.Program {
	return []service.Program{auth.Program(), notes.Program(), audit.Program(), web.Program()}
}

// migrate runs the program's migrations, if it has a schema: with the settings
// of the service, but as the user that may change tables.
func (s *Stack) migrate(ctx context.Context, program service.Program) (err error) {
	for _, command := range program.Commands {
		if command.Name != "migrate" {
			continue
		}
		log, err := s.logFile(program.Name)
		if err != nil {
			return err
		}
		err = service.RunCommand(ctx, program, command.Name, nil, env.Map(s.MigratorSettings(program.Name)), log)
		return errors.Join(err, log.Close())
	}
	return nil
}

// Serve runs the four services in this process, over the same loopback
// connections and certificates as if they were four, until ctx ends or one of
// them fails. ready is called when all of them are ready.
func (s *Stack) Serve(ctx context.Context, ready func()) error {
	all := programs()
	group, ctx := errgroup.WithContext(ctx)
	readies := make(chan struct{}, len(all))
	for _, program := range all {
		group.Go(func() error { return s.serve(ctx, program, func() { readies <- struct{}{} }) })
	}
	group.Go(func() error {
		for range all {
			select {
			case <-readies:
			case <-ctx.Done():
				return nil
			}
		}
		ready()
		return nil
	})
	return group.Wait()
}

func (s *Stack) serve(ctx context.Context, program service.Program, ready func()) error {
	log, err := s.logFile(program.Name)
	if err != nil {
		return err
	}
	err = service.Run(ctx, program, env.Map(s.settings[program.Name]), service.Options{LogOutput: log, Ready: ready})
	if err != nil {
		err = fmt.Errorf("%s stopped (see %s): %w", program.Name, s.folder.path("log", program.Name+".log"), err)
	}
	return errors.Join(err, log.Close())
}
