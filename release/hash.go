package release

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Programs are all of which there is an image.
var Programs = []string{"setup", "auth", "notes", "audit", "web"}

// Sources are the files and folders that decide what a program's image is.
func Sources(program string) []string {
	shared := []string{"Dockerfile", ".dockerignore", "tools/build.sh", "platform", "proto"}
	if program == "setup" {
		return append(shared, "local/go.mod", "local/go.sum", "local/setup", "local/cmd/setup")
	}
	return append(shared, "services/"+program)
}

// Hash is that of all that a program's image is made of in the repository at root. It needs no git: the pipeline's source has none.
func Hash(root, program string) (string, error) {
	tree := os.DirFS(root)
	var files []string
	for _, source := range Sources(program) {
		err := fs.WalkDir(tree, source, func(name string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".")) {
				return fs.SkipDir
			}
			if entry.Type().IsRegular() && !strings.HasSuffix(name, "_test.go") && path.Ext(name) != ".md" {
				files = append(files, name)
			}
			return nil
		})
		if err != nil {
			return "", fmt.Errorf("find what %s is made of: %w", program, err)
		}
	}
	slices.Sort(files)
	sum := sha256.New()
	for _, name := range files {
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return "", fmt.Errorf("read what %s is made of: %w", program, err)
		}
		_, _ = fmt.Fprintf(sum, "%q %x\n", name, sha256.Sum256(text))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
