package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// filled says whether every secret is there.
func (s Store) filled(ctx context.Context) (string, error) {
	parameters := slices.DeleteFunc(Parameters(), func(p Parameter) bool { return p.Source == Issued })
	values, err := s.Read(ctx, parameters)
	if err != nil {
		return "", s.advise(err)
	}
	var empty []string
	for _, p := range parameters {
		if values[p.Name] == unset {
			empty = append(empty, p.Name)
		}
	}
	if len(empty) > 0 {
		return "", fmt.Errorf("unset: %s; `make secrets ENV=%s` fills them", strings.Join(empty, ", "), s.Environment)
	}
	return fmt.Sprintf("all %d are filled", len(parameters)), nil
}

// certified says whether every service has a certificate that holds for long enough.
func (s Store) certified(ctx context.Context) (string, error) {
	values, err := s.Read(ctx, slices.DeleteFunc(Parameters(), func(p Parameter) bool { return p.Source != Issued }))
	if err != nil {
		return "", s.advise(err)
	}
	authority, err := parseAuthority(values[authorityKeyName])
	if err != nil {
		return "", fmt.Errorf("there is no authority; `make pki ENV=%s` makes it", s.Environment)
	}
	var faults []string
	for _, service := range Services() {
		err = authority.Check(held(values, service), service, time.Now())
		if err != nil {
			faults = append(faults, service+": "+err.Error())
		}
	}
	if len(faults) > 0 {
		return "", fmt.Errorf("%s; `make pki ENV=%s` issues them anew", strings.Join(faults, ", "), s.Environment)
	}
	return fmt.Sprintf("all %d hold for 30 days and more", len(Services())), nil
}

func (s Store) advise(err error) error {
	if errors.Is(err, ErrNotThere) {
		return fmt.Errorf("it is not applied since a parameter was added; `make deploy ENV=%s`", s.Environment)
	}
	return err
}

// ifApplied looks only at an environment that is there.
func ifApplied(look func(ctx context.Context) (string, error)) func(ctx context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		said, err := look(ctx)
		if errors.Is(err, ErrNotApplied) {
			return "not applied", nil
		}
		return said, err
	}
}
