package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/semver"
)

// step is one that no release has yet.
type step struct {
	file         string // in the repository
	text         string
	release      string // the newest one
	released     int    // the last step that this release has in the same schema
	needsProgram int    // what the step says, 0 if nothing
}

var (
	recorded = regexp.MustCompile("INSERT INTO `schema_migrations` .* VALUES \\('([0-9]+)',")
	needs    = regexp.MustCompile(`(?m)^-- needs-program: *([0-9]+)$`)
)

// unreleased finds them: those beyond what the schemas in the newest folder of baseline/ have.
func unreleased(repository fs.FS) ([]step, error) {
	release, err := newestRelease(repository)
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(repository, "services/*/migrations/*.sql")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("there is no services/*/migrations/*.sql")
	}
	var steps []step
	for _, file := range files {
		service := strings.Split(file, "/")[1]
		number, err := strconv.Atoi(path.Base(file)[:4])
		if err != nil {
			return nil, fmt.Errorf("%s: want a name like 0001_create_notes.sql", file)
		}
		released, err := lastStep(repository, path.Join("baseline", release, service+".sql"))
		if err != nil {
			return nil, err
		}
		if number <= released {
			continue
		}
		s, err := read(repository, file)
		if err != nil {
			return nil, err
		}
		s.release, s.released = release, released
		steps = append(steps, s)
	}
	return steps, nil
}

func newestRelease(repository fs.FS) (string, error) {
	entries, err := fs.ReadDir(repository, "baseline")
	if err != nil {
		return "", err
	}
	var names []string
	for _, entry := range entries {
		if semver.IsValid("v" + entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	if len(names) == 0 {
		return "", errors.New("there is no release in baseline/")
	}
	return slices.MaxFunc(names, func(a, b string) int { return semver.Compare("v"+a, "v"+b) }), nil
}

// lastStep reads it from the record in a release's dump; a service that the release does not have has none.
func lastStep(repository fs.FS, dump string) (int, error) {
	text, err := fs.ReadFile(repository, dump)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	last := 0
	for _, match := range recorded.FindAllStringSubmatch(string(text), -1) {
		number, err := strconv.Atoi(match[1])
		if err != nil {
			return 0, fmt.Errorf("%s: %w", dump, err)
		}
		last = max(last, number)
	}
	if last == 0 {
		return 0, fmt.Errorf("%s has no record of steps", dump)
	}
	return last, nil
}

func read(repository fs.FS, file string) (step, error) {
	text, err := fs.ReadFile(repository, file)
	if err != nil {
		return step{}, err
	}
	s := step{file: file, text: string(text)}
	match := needs.FindStringSubmatch(s.text)
	if match != nil {
		s.needsProgram, err = strconv.Atoi(match[1])
		if err != nil {
			return step{}, fmt.Errorf("%s: %w", file, err)
		}
	}
	return s, nil
}
