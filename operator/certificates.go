package operator

import (
	"context"
	"encoding/pem"
	"fmt"
	"slices"
	"time"

	"gitlab.com/notejam/notejam/platform/pki"
)

// Certificates makes the environment's authority the first time, and issues each service's certificate that is missing,
// ends within 30 days, is not of this authority, or is named to be rotated.
func (f Filling) Certificates(ctx context.Context) error {
	parameters := slices.DeleteFunc(Parameters(), func(p Parameter) bool { return p.Source != Issued })
	err := f.checkRotate(parameters)
	if err != nil {
		return err
	}
	values, err := f.Store.Read(ctx, parameters)
	if err != nil {
		return err
	}
	authority, err := f.authority(ctx, values)
	if err != nil {
		return err
	}
	issued := 0
	for _, service := range Services() {
		reason := f.mustIssue(authority, values, service)
		if reason == "" {
			continue
		}
		err = f.issue(ctx, authority, service)
		if err != nil {
			return err
		}
		issued++
		f.say("%s: issued until %s: %s", certificateOf(service), time.Now().Add(pki.CertificateLife).Format(time.DateOnly), reason)
	}
	f.say("%d of %d certificates were issued, the others hold for 30 days and more", issued, len(Services()))
	return nil
}

// mustIssue gives the reason for a new certificate, "" if there is none.
func (f Filling) mustIssue(authority *pki.Authority, values map[string]string, service string) string {
	if slices.Contains(f.Rotate, certificateOf(service)) || slices.Contains(f.Rotate, keyOf(service)) {
		return "it was to be rotated"
	}
	if values[certificateOf(service)] == unset {
		return "there was none"
	}
	err := authority.Check(held(values, service), service, time.Now())
	if err != nil {
		return err.Error()
	}
	return ""
}

// issue puts the key first: a task that starts between both has a pair that does not fit, ends, and is started again.
func (f Filling) issue(ctx context.Context, authority *pki.Authority, service string) error {
	pair, err := authority.Issue(time.Now().Add(pki.CertificateLife), service)
	if err != nil {
		return err
	}
	err = f.Store.put(ctx, Parameter{Name: keyOf(service)}, string(pair.Key))
	if err != nil {
		return err
	}
	return f.Store.put(ctx, Parameter{Name: certificateOf(service)}, string(pair.Certificate))
}

// authority is that of the environment. Its key and certificate are one parameter, so that neither is ever there without
// the other; the certificate is another one besides, which tasks may read.
func (f Filling) authority(ctx context.Context, values map[string]string) (*pki.Authority, error) {
	both := values[authorityKeyName]
	if both == unset && values[authorityName] != unset {
		return nil, fmt.Errorf("%s is unset though %s is not: the key of the authority that tasks trust is lost. To begin with another one, while no task runs, set %s to %q", authorityKeyName, authorityName, authorityName, unset)
	}
	if both == unset {
		made, err := f.makeAuthority(ctx)
		if err != nil {
			return nil, err
		}
		both = made
	}
	authority, err := parseAuthority(both)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", authorityKeyName, err)
	}
	_, certificate := pem.Decode([]byte(both))
	if values[authorityName] == string(certificate) {
		return authority, nil
	}
	err = f.Store.put(ctx, Parameter{Name: authorityName, Open: true}, string(certificate))
	if err != nil {
		return nil, err
	}
	f.say("%s: filled", authorityName)
	return authority, nil
}

// parseAuthority reads a key that its certificate follows.
func parseAuthority(both string) (*pki.Authority, error) {
	_, certificate := pem.Decode([]byte(both))
	return pki.ParseAuthority(pki.Pair{Key: []byte(both), Certificate: certificate})
}

func held(values map[string]string, service string) pki.Pair {
	return pki.Pair{Certificate: []byte(values[certificateOf(service)]), Key: []byte(values[keyOf(service)])}
}

func (f Filling) makeAuthority(ctx context.Context) (string, error) {
	authority, err := pki.NewAuthority("Notejam "+f.Store.Environment, time.Now().Add(pki.AuthorityLife))
	if err != nil {
		return "", err
	}
	own, err := authority.PEM()
	if err != nil {
		return "", err
	}
	both := string(own.Key) + string(own.Certificate)
	err = f.Store.put(ctx, Parameter{Name: authorityKeyName}, both)
	if err != nil {
		return "", err
	}
	f.say("%s: made", authorityKeyName)
	return both, nil
}
