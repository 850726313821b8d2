package operator

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// secretSize is what every key and password has: 256 bits, as in docker compose.
const secretSize = 32

// Filling fills the parameters of an environment that are still unset, and those that Rotate names. It never says a value.
type Filling struct {
	Store  Store
	Rotate []string
	// Ask gives what only an operator knows.
	Ask func(ctx context.Context, name string) (string, error)
	// Authorities gives those of the database, as AWS publishes them.
	Authorities func(ctx context.Context) (string, error)
	Log         io.Writer
}

// Secrets fills all but certificates.
func (f Filling) Secrets(ctx context.Context) error {
	parameters := slices.DeleteFunc(Parameters(), func(p Parameter) bool { return p.Source == Issued })
	err := f.checkRotate(parameters)
	if err != nil {
		return err
	}
	values, err := f.Store.Read(ctx, parameters)
	if err != nil {
		return err
	}
	filled := 0
	var faults []error // what one lacks is no reason to leave out others
	for _, p := range parameters {
		if values[p.Name] != unset && !slices.Contains(f.Rotate, p.Name) {
			continue
		}
		value, err := f.value(ctx, p)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", p.Name, err))
			continue
		}
		err = f.Store.put(ctx, p, value)
		if err != nil {
			return err
		}
		filled++
		f.say("%s: filled", p.Name)
	}
	f.say("%d of %d parameters were filled, %d had been before", filled, len(parameters), len(parameters)-filled-len(faults))
	return errors.Join(faults...)
}

func (f Filling) value(ctx context.Context, p Parameter) (string, error) {
	switch p.Source {
	case Given:
		return f.Ask(ctx, p.Name)
	case Public:
		return f.Authorities(ctx)
	default:
		raw := make([]byte, secretSize)
		_, _ = rand.Read(raw) // never fails: it ends the process instead
		return base64.StdEncoding.EncodeToString(raw), nil
	}
}

// checkRotate refuses what is not there or must stay.
func (f Filling) checkRotate(parameters []Parameter) error {
	for _, name := range f.Rotate {
		at := slices.IndexFunc(parameters, func(p Parameter) bool { return p.Name == name })
		if at < 0 {
			var names []string
			for _, p := range parameters {
				names = append(names, p.Name)
			}
			return fmt.Errorf("there is no %s to rotate here, only %s", name, strings.Join(names, ", "))
		}
		if parameters[at].Kept != "" {
			return fmt.Errorf("%s is not rotated: %s", name, parameters[at].Kept)
		}
	}
	return nil
}

func (f Filling) say(format string, args ...any) { _, _ = fmt.Fprintf(f.Log, format+"\n", args...) }
