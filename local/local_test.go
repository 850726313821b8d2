package local

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/platform/service"
)

func TestASecondStartOnTheSameFolderIsOneClearSentence(t *testing.T) {
	dir := t.TempDir()
	first, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = openFolder(dir)
	wantSentence(t, err, "another Notejam runs on the data folder "+dir)
	err = first.close()
	if err != nil {
		t.Fatal(err)
	}
	again, err := openFolder(dir)
	if err != nil {
		t.Fatalf("after the first one ended: %v", err)
	}
	err = again.close()
	if err != nil {
		t.Error(err)
	}
}

func TestAFolderThatCannotBeMadeIsOneClearSentence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	err := os.WriteFile(file, nil, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = openFolder(filepath.Join(file, "data"))
	wantSentence(t, err, "the data folder "+filepath.Join(file, "data")+" cannot be used: not a directory")
}

func TestASecretIsMadeOnceAndADamagedOneIsSaid(t *testing.T) {
	f, err := openFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.close() }()
	one, err := f.secret("key")
	if err != nil {
		t.Fatal(err)
	}
	two, err := f.secret("key")
	if err != nil || one != two {
		t.Errorf("the second time: %q, %v, want %q", two, err, one)
	}
	info, err := os.Stat(f.path("secrets", "key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	err = os.WriteFile(f.path("secrets", "key"), []byte("half"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.secret("key")
	wantSentence(t, err, "is damaged")
}

func TestAnAddressThatCannotServeIsOneClearSentence(t *testing.T) {
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for addr, want := range map[string]string{
		listener.Addr().String(): "is taken by another program",
		"0.0.0.0:8000":           "is not on this machine alone",
		"8000":                   "is not an address like 127.0.0.1:8000",
	} {
		wantSentence(t, checkAddr(t.Context(), addr), want)
	}
}

func TestFreePortsAreDifferentAndFree(t *testing.T) {
	addrs, err := freePorts(t.Context(), 20)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, addr := range addrs {
		if seen[addr] {
			t.Errorf("%s came twice", addr)
		}
		seen[addr] = true
		err = probe(t.Context(), addr)
		if err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestABrokenDataFolderIsOneClearSentenceAndNothingIsLeftRunning(t *testing.T) {
	dir := t.TempDir()
	err := os.MkdirAll(filepath.Join(dir, "database", "data"), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(filepath.Join(dir, "database", "data", "ibdata1"), []byte("no database"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Start(t.Context(), Options{Data: dir, Fast: true})
	wantSentence(t, err, filepath.Join(dir, "database"))
	again, err := openFolder(dir)
	if err != nil {
		t.Fatalf("the folder is still locked: %v", err)
	}
	err = again.close()
	if err != nil {
		t.Error(err)
	}
}

func TestEverySettingThatIsGivenIsRead(t *testing.T) {
	s, err := Start(t.Context(), Options{Data: t.TempDir(), Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		err := s.Close(t.Context())
		if err != nil {
			t.Error(err)
		}
	}()
	for _, program := range programs() {
		read := map[string]bool{}
		for _, setting := range service.Contract(program) {
			read[setting.Name] = true
		}
		for name := range s.Settings(program.Name) {
			if !read[name] {
				t.Errorf("%s does not read %s", program.Name, name)
			}
		}
	}
}

func wantSentence(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want it to say %q", err, want)
		return
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one sentence: %v", err)
	}
}
