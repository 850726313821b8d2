package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/services/auth/mail"
)

const site = "http://127.0.0.1:8000/"

func TestEachMailIsPrintedOnceWithItsLinks(t *testing.T) {
	box := openMailbox(t.TempDir(), site)
	sender, err := mail.New(mail.Config{From: "Notejam <notejam@localhost>", Dir: box.dir})
	if err != nil {
		t.Fatal(err)
	}
	link := site + "reset-password/" + strings.Repeat("x", 70) + "/"
	err = sender.Send(t.Context(), mail.Message{ID: "one", To: "anna@example.com", Subject: "A subject", Text: "Hello,\n\n" + link + "\n\nNotejam\n" + site + "\n"})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for range 2 {
		box.print(&out)
	}
	if want := "Mail to anna@example.com: A subject\n  " + link + "\n\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestAMailThatCannotBeReadIsSaid(t *testing.T) {
	box := openMailbox(t.TempDir(), site)
	err := os.WriteFile(filepath.Join(box.dir, "broken.eml"), []byte("no header"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	box.print(&out)
	if !strings.Contains(out.String(), "A mail cannot be read: ") || !strings.Contains(out.String(), "broken.eml") {
		t.Errorf("got %q", out.String())
	}
}

func TestMailsOfAnEarlierRunAreNotPrintedAgain(t *testing.T) {
	dir := t.TempDir()
	write := func(name string) {
		err := os.WriteFile(filepath.Join(dir, name), []byte("To: "+name+"\r\n\r\n"), 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}
	write("old.eml")
	box := openMailbox(dir, site)
	write("new.eml")
	write(".unfinished-1")
	var out strings.Builder
	box.print(&out)
	if want := "Mail to new.eml: \n\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
