package env_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/env"
)

var update = flag.Bool("update", false, "rewrite the golden files")

type settings struct {
	Addr, Peer, Level string
	Workers           int
	Share             float64
	Wait              time.Duration
	Open              bool
	Password, Pepper  env.Secret
}

func read(set *env.Set) settings {
	return settings{
		Addr:     set.String("TEST_ADDR", "127.0.0.1:9090", "Where the server listens.", env.HostPort),
		Peer:     set.Required("TEST_PEER", "Base URL of the peer.", env.URL),
		Level:    set.String("TEST_LEVEL", "", "Least level: a | b.\nMay be empty.", env.OneOf("info", "debug")),
		Workers:  set.Int("TEST_WORKERS", 4, 1, 64, "Requests served at the same time."),
		Share:    set.Number("TEST_SHARE", 0.05, 0, 1, "Part of the requests."),
		Wait:     set.Duration("TEST_WAIT", 2*time.Minute, 250*time.Millisecond, time.Hour, "Longest wait."),
		Open:     set.Bool("TEST_OPEN", false, "Whether anybody may sign up."),
		Password: set.Secret("TEST_PASSWORD", "Password of the database user."),
		Pepper:   set.OptionalSecret("TEST_PEPPER", "Key of the pepper."),
	}
}

func TestSet_ReadsDefaultsForWhatIsAbsentOrEmpty(t *testing.T) {
	set := env.New(env.Map(map[string]string{"TEST_PEER": "https://peer.test/", "TEST_PASSWORD": "hunter2", "TEST_WORKERS": "", "TEST_PEPPER": ""}))
	got := read(set)
	want := settings{
		Addr: "127.0.0.1:9090", Peer: "https://peer.test/", Workers: 4, Share: 0.05, Wait: 2 * time.Minute, Password: env.NewSecret("hunter2"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	err := set.Err()
	if err != nil {
		t.Errorf("Err() = %v", err)
	}
}

func TestSet_ReadsWhatIsGiven(t *testing.T) {
	set := env.New(env.Map(map[string]string{
		"TEST_ADDR": "[::1]:0", "TEST_PEER": "http://127.0.0.1:8000", "TEST_LEVEL": "debug", "TEST_WORKERS": "64", "TEST_SHARE": "1.0", "TEST_WAIT": "1h",
		"TEST_OPEN": "true", "TEST_PASSWORD": "two\nlines\n", "TEST_PEPPER": "salt",
	}))
	got := read(set)
	want := settings{
		Addr: "[::1]:0", Peer: "http://127.0.0.1:8000", Level: "debug", Workers: 64, Share: 1, Wait: time.Hour, Open: true,
		Password: env.NewSecret("two\nlines\n"), Pepper: env.NewSecret("salt"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	err := set.Err()
	if err != nil {
		t.Errorf("Err() = %v", err)
	}
}

func TestSet_ReportsAllMistakesAtOnceAndRepeatsNoValue(t *testing.T) {
	set := env.New(env.Map(map[string]string{
		"TEST_ADDR": "hunter2:x", "TEST_PEER": "https://me:hunter2@peer.test", "TEST_LEVEL": "hunter2", "TEST_WORKERS": "65", "TEST_SHARE": "hunter2", "TEST_WAIT": "hunter2",
		"TEST_OPEN": "hunter2", "TEST_PEPPER": "hunter2", "TEST_PEPPER_FILE": "hunter2",
	}))
	read(set)
	err := set.Err()
	want := strings.Join([]string{
		"settings are wrong:",
		"  TEST_ADDR must be host:port",
		"  TEST_PEER must be an http:// or https:// URL without user and password",
		"  TEST_LEVEL must be one of info, debug",
		"  TEST_WORKERS must be a whole number, 1 to 64",
		"  TEST_SHARE must be a number, 0 to 1",
		"  TEST_WAIT must be a duration such as 250ms, 20s or 2m, 250ms to 1h",
		"  TEST_OPEN must be true or false",
		"  TEST_PASSWORD is required; give it, or the path of its file in TEST_PASSWORD_FILE",
		"  TEST_PEPPER and TEST_PEPPER_FILE are both given; give one of them",
	}, "\n")
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
	var mistakes env.Mistakes
	if !errors.As(err, &mistakes) || len(mistakes) != 9 {
		t.Errorf("the error is a %T with %d mistakes, want env.Mistakes with 9", err, len(mistakes))
	}
}

func TestSet_WhatIsMissingOrOutOfRangeIsAMistake(t *testing.T) {
	cases := []struct {
		name, value string
		read        func(*env.Set)
		want        string
	}{
		{"A", "", func(s *env.Set) { s.Required("A", "") }, "A is required"},
		{"A", "0", func(s *env.Set) { s.Int("A", 1, 1, 2, "") }, "A must be a whole number, 1 to 2"},
		{"A", "3", func(s *env.Set) { s.Int("A", 1, 1, 2, "") }, "A must be a whole number, 1 to 2"},
		{"A", "1.5", func(s *env.Set) { s.Int("A", 1, 1, 2, "") }, "A must be a whole number, 1 to 2"},
		{"A", "-0.1", func(s *env.Set) { s.Number("A", 1, 0, 1, "") }, "A must be a number, 0 to 1"},
		{"A", "1.1", func(s *env.Set) { s.Number("A", 1, 0, 1, "") }, "A must be a number, 0 to 1"},
		{"A", "NaN", func(s *env.Set) { s.Number("A", 1, 0, 1, "") }, "A must be a number, 0 to 1"},
		{"A", "0s", func(s *env.Set) { s.Duration("A", 2, 1, 2, "") }, "A must be a duration such as 250ms, 20s or 2m, 1ns to 2ns"},
		{"A", "3ns", func(s *env.Set) { s.Duration("A", 2, 1, 2, "") }, "A must be a duration such as 250ms, 20s or 2m, 1ns to 2ns"},
		{"A", "2", func(s *env.Set) { s.Duration("A", 2, 1, 2, "") }, "A must be a duration such as 250ms, 20s or 2m, 1ns to 2ns"},
		{"A", "1", func(s *env.Set) { s.Bool("A", true, "") }, "A must be true or false"},
	}
	for _, c := range cases {
		set := env.New(env.Map(map[string]string{c.name: c.value}))
		c.read(set)
		if diff := cmp.Diff(env.Mistakes{c.want}, set.Err()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.value, diff)
		}
	}
}

func TestSet_PrintsItsOwnContract(t *testing.T) {
	set := env.New(env.Map(nil))
	read(set)
	var got strings.Builder
	err := env.WriteMarkdown(&got, "test", set.Settings())
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "contract.md")
	if *update {
		err := os.WriteFile(golden, []byte(got.String()), 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("contract (-want +got), -update rewrites it:\n%s", diff)
	}
}

func TestWriteMarkdown_ReportsAWriterThatFails(t *testing.T) {
	closed, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	err = env.WriteMarkdown(closed, "test", nil)
	if !errors.Is(err, os.ErrClosed) {
		t.Errorf("error = %v, want one that wraps os.ErrClosed", err)
	}
}

func TestSet_NamesVariablesThatNothingReads(t *testing.T) {
	set := env.New(env.Map(nil))
	read(set)
	got := set.Unknown("TEST", []string{
		"TEST_WORKER=3", "TEST_ADDR=x", "TEST_PASSWORD_FILE=/x", "TEST_ADDR_FILE=/x", "TESTING=1", "PATH=/bin", "TEST_=", "broken",
	})
	if diff := cmp.Diff([]string{"TEST_", "TEST_ADDR_FILE", "TEST_WORKER"}, got); diff != "" {
		t.Errorf("unknown (-want +got):\n%s", diff)
	}
}

func TestSet_PanicsOnMistakesInTheProgram(t *testing.T) {
	cases := map[string]func(*env.Set){
		"a name read twice":                 func(s *env.Set) { s.Int("A", 1, 1, 2, ""); s.Bool("A", true, "") },
		"a secret's file read as a setting": func(s *env.Set) { s.OptionalSecret("A", ""); s.String("A_FILE", "", "") },
		"a number's default out of range":   func(s *env.Set) { s.Int("A", 3, 1, 2, "") },
		"a part's default out of range":     func(s *env.Set) { s.Number("A", 3, 1, 2, "") },
		"a duration's default out of range": func(s *env.Set) { s.Duration("A", 3, 1, 2, "") },
		"a text's default against a check":  func(s *env.Set) { s.String("A", "nowhere", "", env.HostPort) },
	}
	for name, mistake := range cases {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			mistake(env.New(env.Map(nil)))
		})
	}
}
