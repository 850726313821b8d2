package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// workspace is a go.work with the go.mod of each of its modules.
type workspace struct {
	goVersion string
	modules   map[string]*modfile.File // by folder, as an absolute path
}

func read(path string) (*workspace, error) {
	data, err := os.ReadFile(path) //nolint:gosec // who runs it names the file
	if err != nil {
		return nil, err
	}
	work, err := modfile.ParseWork(path, data, nil)
	if err != nil {
		return nil, err
	}
	root, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	found := &workspace{goVersion: work.Go.Version, modules: make(map[string]*modfile.File)}
	for _, use := range work.Use {
		dir := filepath.Join(root, use.Path)
		name := filepath.Join(dir, "go.mod")
		data, err := os.ReadFile(name) //nolint:gosec // the workspace names it
		if err != nil {
			return nil, err
		}
		file, err := modfile.Parse(name, data, nil)
		if err != nil {
			return nil, err
		}
		found.modules[dir] = file
	}
	return found, nil
}

// check returns one line for each disagreement, in a fixed order.
func check(w *workspace) []string {
	dirs := make(map[string]string) // a module's folder, by its path
	for dir, file := range w.modules {
		dirs[file.Module.Mod.Path] = dir
	}
	var lines []string
	users := make(map[string]map[string][]string) // dependency → version → modules
	for _, dir := range slices.Sorted(maps.Keys(w.modules)) {
		file := w.modules[dir]
		lines = append(lines, checkGoLine(file, w.goVersion)...)
		lines = append(lines, checkReplaces(file, dir, dirs)...)
		for _, require := range file.Require {
			path, version := require.Mod.Path, require.Mod.Version
			if users[path] == nil {
				users[path] = make(map[string][]string)
			}
			users[path][version] = append(users[path][version], file.Module.Mod.Path)
		}
	}
	return append(lines, checkVersions(users)...)
}

func checkGoLine(file *modfile.File, want string) []string {
	name := file.Module.Mod.Path
	var lines []string
	if file.Go == nil || file.Go.Version != want {
		lines = append(lines, fmt.Sprintf("%s: its go line is not \"go %s\", that of go.work", name, want))
	}
	if file.Toolchain != nil {
		lines = append(lines, fmt.Sprintf("%s: it names a toolchain; only the go line counts", name))
	}
	return lines
}

// checkReplaces sees that what is replaced is exactly the siblings that are
// required, each by its folder.
func checkReplaces(file *modfile.File, dir string, siblings map[string]string) []string {
	name := file.Module.Mod.Path
	replaced := make(map[string]bool)
	var lines []string
	for _, replace := range file.Replace {
		path := replace.Old.Path
		replaced[path] = true
		sibling, known := siblings[path]
		switch {
		case !known:
			lines = append(lines, fmt.Sprintf("%s: it replaces %s, which is no sibling", name, path))
		case filepath.IsAbs(replace.New.Path) || filepath.Join(dir, replace.New.Path) != sibling:
			lines = append(lines, fmt.Sprintf("%s: it replaces %s by %s, which is not its folder", name, path, replace.New.Path))
		}
	}
	for _, require := range file.Require {
		path, version := require.Mod.Path, require.Mod.Version
		if siblings[path] == "" {
			continue
		}
		if version != "v0.0.0" {
			lines = append(lines, fmt.Sprintf("%s: it requires its sibling %s as %s, not as v0.0.0", name, path, version))
		}
		if !replaced[path] {
			lines = append(lines, fmt.Sprintf("%s: it requires its sibling %s without a replace", name, path))
		}
	}
	return lines
}

func checkVersions(users map[string]map[string][]string) []string {
	var lines []string
	for _, path := range slices.Sorted(maps.Keys(users)) {
		versions := users[path]
		if len(versions) == 1 {
			continue
		}
		var said []string
		for _, version := range slices.Sorted(maps.Keys(versions)) {
			said = append(said, fmt.Sprintf("%s in %s", version, strings.Join(versions[version], ", ")))
		}
		lines = append(lines, fmt.Sprintf("%s has more than one version: %s", path, strings.Join(said, "; ")))
	}
	return lines
}
