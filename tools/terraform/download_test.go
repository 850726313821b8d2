// Package terraform only tests the script beside it.
package terraform

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestTerraformIsTakenOnlyIfItIsWhatItMustBe(t *testing.T) {
	var archive bytes.Buffer
	zipped := zip.NewWriter(&archive)
	program, err := zipped.Create("terraform")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = program.Write([]byte("#!/bin/sh\necho 9.9.9\n"))
	_ = zipped.Close()
	name := "terraform_9.9.9_" + runtime.GOOS + "_" + runtime.GOARCH + ".zip"
	releases := t.TempDir()
	write(t, filepath.Join(releases, "9.9.9", name), archive.Bytes())
	script, err := os.ReadFile("download.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, planted := range []struct{ sum, name, says string }{
		{fmt.Sprintf("%x", sha256.Sum256(archive.Bytes())), name, ""},
		{strings.Repeat("0", 64), name, "did NOT match"},
		{strings.Repeat("0", 64), "terraform_9.9.9_plan9_arm.zip", "has no archive for"},
	} {
		here, folder := t.TempDir(), t.TempDir()
		write(t, filepath.Join(here, "download.sh"), script)
		write(t, filepath.Join(here, "SHA256SUMS"), []byte(planted.sum+"  "+planted.name+"\n"))
		run := exec.Command("bash", filepath.Join(here, "download.sh"), folder)
		run.Env = append(os.Environ(), "TERRAFORM_RELEASES=file://"+releases)
		said, err := run.CombinedOutput()
		_, missing := os.Stat(filepath.Join(folder, "terraform"))
		if (err == nil) != (planted.says == "") || (missing == nil) != (planted.says == "") || !strings.Contains(string(said), planted.says) {
			t.Errorf("%q: %v, %v: %s", planted.says, err, missing, said)
		}
	}
}

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(file), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(file, content, 0o600)
	if err != nil {
		t.Fatal(err)
	}
}
