package release_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/release"
)

// registry answers as ECR does, and has the images of these repositories only.
func registry(t *testing.T, has ...string) release.Registry {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ RepositoryName string }
		err := json.NewDecoder(r.Body).Decode(&in)
		if err != nil || r.Header.Get("X-Amz-Target") != "AmazonEC2ContainerRegistry_V20150921.DescribeImages" {
			t.Errorf("it was asked %s: %v", r.Header.Get("X-Amz-Target"), err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		for _, name := range has {
			if name == in.RepositoryName {
				_, _ = w.Write([]byte(`{"imageDetails": [{"imageDigest": "sha256:11"}]}`))
				return
			}
		}
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type": "ImageNotFoundException", "message": "no such image"}`))
	}))
	t.Cleanup(server.Close)
	client := ecr.New(ecr.Options{
		Region: "eu-central-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
	return release.Registry{ECR: client, Base: "registry.example/notejam/"}
}

func TestOnlyWhatTheRegistryDoesNotHaveIsBuilt(t *testing.T) {
	images, err := registry(t, "notejam/auth", "notejam/setup").Find(t.Context(), "..")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"notes", "audit", "web"}, images.Missing()); diff != "" {
		t.Error(diff)
	}
	if got := images["auth"].Image; got != "registry.example/notejam/auth@sha256:11" {
		t.Errorf("the image of auth is %q", got)
	}
}

func TestImagesAreReadAsTheyWereWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), release.ImagesFile)
	err := all.Write(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := release.ReadImages(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all, got); diff != "" {
		t.Error(diff)
	}
	err = os.WriteFile(path, []byte("{"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = release.ReadImages(path)
	if err == nil {
		t.Error("half a file is read")
	}
}
