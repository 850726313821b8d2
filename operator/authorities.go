package operator

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	fetchTimeout = 30 * time.Second
	// parameterLimit is what an advanced parameter holds.
	parameterLimit = 8 << 10
)

// DatabaseAuthorities is where AWS publishes whose certificates the databases of a region have.
func DatabaseAuthorities(region string) string {
	return "https://truststore.pki.rds.amazonaws.com/" + region + "/" + region + "-bundle.pem"
}

// FetchAuthorities gives the certificates of authorities that are at url, and nothing that is anything else.
func FetchAuthorities(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	client := &http.Client{Timeout: fetchTimeout}
	answer, err := client.Do(request)
	if err != nil {
		return "", fmt.Errorf("fetch the database's authorities: %w", err)
	}
	defer func() { _ = answer.Body.Close() }() // only read from
	text, err := io.ReadAll(io.LimitReader(answer.Body, parameterLimit+1))
	if err != nil {
		return "", fmt.Errorf("fetch the database's authorities: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("fetch the database's authorities: %s answers %s", url, answer.Status)
	}
	err = checkAuthorities(text)
	if err != nil {
		return "", fmt.Errorf("what is at %s is not used: %w", url, err)
	}
	return string(text), nil
}

func checkAuthorities(text []byte) error {
	if len(text) > parameterLimit {
		return fmt.Errorf("it has more than %d bytes, which a parameter does not hold", parameterLimit)
	}
	found := 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return err
		}
		if !certificate.IsCA {
			return fmt.Errorf("%s is no authority", certificate.Subject)
		}
		found++
	}
	if found == 0 {
		return errors.New("it holds no certificate")
	}
	return nil
}
