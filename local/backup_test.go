package local

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestABackupIsMadeWhileNotejamRunsAndRestoredOnlyWhereNothingIsLost(t *testing.T) {
	options := Options{Data: t.TempDir(), Fast: true}
	file := filepath.Join(t.TempDir(), "notejam.sql")
	s, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	err = Backup(t.Context(), options, file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v, %v", info.Mode(), err)
	}
	wantSentence(t, Restore(t.Context(), options, RestoreOptions{File: file, Replace: true}), "another Notejam runs on the data folder")
	err = s.Close(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	wantSentence(t, Restore(t.Context(), options, RestoreOptions{File: file}), "REPLACE=yes throws it away")
	err = Restore(t.Context(), options, RestoreOptions{File: file, Replace: true})
	if err != nil {
		t.Error(err)
	}
	err = Backup(t.Context(), options, file) // nothing runs
	if err != nil {
		t.Error(err)
	}
}

func TestABackupThatWasCutOffIsNotRestoredAndOneOfNothingIsNotMade(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "notejam.sql")
	err := os.WriteFile(file, []byte("CREATE DATABASE auth;\n"+strings.Repeat("-- more\n", 2000)), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	options := Options{Data: filepath.Join(dir, "data"), Fast: true}
	wantSentence(t, Restore(t.Context(), options, RestoreOptions{File: file}), "is no complete backup")
	wantSentence(t, Backup(t.Context(), options, file+".new"), "there is no Notejam in the data folder")
	_, err = os.Stat(file + ".new.partial")
	if !os.IsNotExist(err) {
		t.Errorf("a part of a backup is left: %v", err)
	}
}
