//go:build compose

package compose_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mostImage is how large an image of ours may be, compressed.
const mostImage = 20 << 20

// wantHardened looks at every container and at our images.
func wantHardened(t *testing.T, p *project) {
	t.Helper()
	secrets := p.secrets(t)
	for _, service := range everyone {
		c := inspect(t, p.container(t, service))
		for problem, is := range map[string]bool{
			"may write to its root":           !c.HostConfig.ReadonlyRootfs,
			"is privileged":                   c.HostConfig.Privileged,
			"keeps capabilities":              !slices.Contains(c.HostConfig.CapDrop, "ALL") || len(c.HostConfig.CapAdd) > 0,
			"may gain privileges":             !slices.Contains(c.HostConfig.SecurityOpt, "no-new-privileges:true"),
			"runs as root":                    c.Config.User == "" || strings.HasPrefix(c.Config.User, "0"),
			"has no limit on its memory":      c.HostConfig.Memory == 0,
			"has a secret in its environment": holdsSecret(strings.Join(c.Config.Env, "\n"), secrets),
		} {
			if is {
				t.Errorf("%s %s", service, problem)
			}
		}
		status := docker(t, "top", p.container(t, service), "-eo", "uid,pid,args")
		if regexp.MustCompile(`(?m)^\s*0\s`).MatchString(status) {
			t.Errorf("%s runs a process as root:\n%s", service, status)
		}
	}
	for _, service := range append([]string{"setup"}, services...) {
		wantSmallImage(t, "notejam/"+service+":"+tag, secrets)
	}
}

// secrets reads all values that init has made, out of its volume by the engine.
func (p *project) secrets(t *testing.T) []string {
	t.Helper()
	archive := tar.NewReader(strings.NewReader(docker(t, "cp", p.container(t, "init")+":/keys/kept", "-")))
	var values []string
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag == tar.TypeReg && !strings.HasSuffix(header.Name, ".pem") {
			values = append(values, strings.TrimSpace(string(content)))
		}
	}
	// Six passwords of services and migrators, MySQL's and Grafana's administrators', and five keys.
	if len(values) != 13 {
		t.Fatalf("init keeps %d secrets, want 13", len(values))
	}
	return values
}

func holdsSecret(text string, secrets []string) bool {
	return slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(text, secret) })
}

// wantSmallImage fails if the image has more in it than our program and what a program needs.
func wantSmallImage(t *testing.T, image string, secrets []string) {
	t.Helper()
	history := docker(t, "history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
	entry := docker(t, "image", "inspect", "--format", "{{json .Config.Entrypoint}} {{.Config.User}}", image)
	if holdsSecret(history, secrets) {
		t.Errorf("a secret is in the history of %s", image)
	}
	if strings.TrimSpace(entry) != `["/app"] 65532:65532` {
		t.Errorf("%s begins with %s", image, entry)
	}
	programs, plain, compressed := files(t, image)
	t.Logf("%-34s %5.1f MB, compressed %4.1f MB", image, float64(plain)/1e6, float64(compressed)/1e6)
	if compressed > mostImage {
		t.Errorf("%s has %d bytes, compressed", image, compressed)
	}
	if !slices.Equal(programs, []string{"app"}) {
		t.Errorf("%s has programs beside ours, such as a shell: %q", image, programs)
	}
}

// files gives the programs in the image, and the size of all files, also compressed.
func files(t *testing.T, image string) (programs []string, plain, compressed counter) {
	t.Helper()
	container := strings.TrimSpace(docker(t, "create", image))
	defer docker(t, "rm", container)
	cmd := exec.CommandContext(t.Context(), "docker", "export", container)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	err = cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	packed := gzip.NewWriter(&compressed)
	all := io.TeeReader(out, io.MultiWriter(packed, &plain))
	archive := tar.NewReader(all)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		// The engine itself adds empty files, such as .dockerenv.
		if header.Typeflag == tar.TypeReg && header.Mode&0o111 != 0 && header.Size > 0 {
			programs = append(programs, strings.TrimPrefix(header.Name, "./"))
		}
	}
	_, err = io.Copy(io.Discard, all) // what stands behind the archive's end
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(cmd.Wait(), packed.Close())
	if err != nil {
		t.Fatal(err)
	}
	return programs, plain, compressed
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
