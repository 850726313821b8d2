package mail

import (
	"errors"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/services/auth/mail/mailtest"
)

const (
	from = "Notejam <notejam@notejam.example>"
	to   = "anna.berg@example.com"
	link = "https://notejam.example/reset-password/nj_rst_0123456789012345678901234567890123456789012/and-some-more/"
)

var letter = Message{ID: "0198c0de-0000-7000-8000-000000000001", To: to, Subject: "A subject", Text: "Hello,\n\n" + link + "\n.\nNotejam\n"}

// config is that of a server without encryption, or of the one that it is told.
func config(server *mailtest.Server, changes ...func(*Config)) Config {
	cfg := Config{From: from, Addr: server.Addr, CA: server.CA, TLS: plain}
	for _, change := range changes {
		change(&cfg)
	}
	return cfg
}

func encrypted(how string) func(*Config) { return func(cfg *Config) { cfg.TLS = how } }

func signedIn(password string) func(*Config) {
	return func(cfg *Config) { cfg.User, cfg.Password = "notejam", env.NewSecret(password) }
}

func send(t *testing.T, cfg Config) error {
	t.Helper()
	sender, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return sender.Send(t.Context(), letter)
}

func TestAMailArrivesAsItWasWritten(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{})
	err := send(t, config(server))
	if err != nil {
		t.Fatal(err)
	}
	got := server.Next(t)
	date, err := got.Header.Date()
	if err != nil || time.Since(date).Abs() > time.Minute {
		t.Errorf("it is of %v, %v", date, err)
	}
	delete(got.Header, "Date")
	want := mailtest.Mail{From: "notejam@notejam.example", To: to, Text: letter.Text, Header: map[string][]string{
		"From": {`"Notejam" <notejam@notejam.example>`}, "To": {"<" + to + ">"}, "Subject": {"A subject"},
		"Message-Id": {"<" + letter.ID + "@notejam.example>"}, "Auto-Submitted": {"auto-generated"},
		"Mime-Version": {"1.0"}, "Content-Type": {"text/plain; charset=UTF-8"}, "Content-Transfer-Encoding": {"8bit"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheConnectionIsEncryptedOrThereIsNone(t *testing.T) {
	const password = "the server's password"
	other := mailtest.Start(t, mailtest.Options{STARTTLS: true})
	for _, tt := range []struct {
		name    string
		server  mailtest.Options
		changes []func(*Config)
		err     string
	}{
		{"by STARTTLS, and the user signs in", mailtest.Options{STARTTLS: true, Password: password}, []func(*Config){encrypted(starttls), signedIn(password)}, ""},
		{"from the first byte on, and the user signs in", mailtest.Options{TLS: true, Password: password}, []func(*Config){encrypted(implicitTLS), signedIn(password)}, ""},
		{"a server without STARTTLS gets nothing", mailtest.Options{}, []func(*Config){encrypted(starttls)}, "does not support STARTTLS"},
		{"a server that does not speak TLS gets nothing", mailtest.Options{}, []func(*Config){encrypted(implicitTLS)}, "tls"},
		{"an authority that is not known is not trusted", mailtest.Options{STARTTLS: true}, []func(*Config){encrypted(starttls), func(cfg *Config) { cfg.CA = other.CA }}, "unknown authority"},
		{"nor one of the system's choice", mailtest.Options{STARTTLS: true}, []func(*Config){encrypted(starttls), func(cfg *Config) { cfg.CA = "" }}, "unknown authority"},
		{"a wrong password is a failure", mailtest.Options{STARTTLS: true, Password: password}, []func(*Config){encrypted(starttls), signedIn("wrong")}, "535"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := mailtest.Start(t, tt.server)
			err := send(t, config(server, tt.changes...))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || server.Waiting() != 0 {
					t.Errorf("got %v and %d mails, want %q", err, server.Waiting(), tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := server.Next(t)
			if !got.Encrypted || got.User != "notejam" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestAFailureIsToldWithoutWhatTheServerSaysAboutTheMail(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answer  *smtp.SMTPError
		want    string
		refused bool
	}{
		{"a mailbox that is not there is refused for good", &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}}, "the recipient is refused: the server answered 550 5.1.1", true},
		{"one that is full may have room later", &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}}, "hand the mail over: the server answered 452 4.2.2 while sending SMTP RCPT TO command", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.answer.Message = "nobody wants " + to + " to read " + link
			server := mailtest.Start(t, mailtest.Options{Recipient: func(string) error { return tt.answer }})
			err := send(t, config(server))
			if err == nil || err.Error() != tt.want || errors.Is(err, ErrRefused) != tt.refused {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestAMailThatWasTakenIsSentWhateverComesAfterIt(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{Lost: true})
	err := send(t, config(server))
	if err != nil {
		t.Error(err)
	}
	server.Next(t)
}

func TestAServerThatIsAwayOrSilentIsAnErrorInTime(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // it is connected to and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	away := mailtest.Start(t, mailtest.Options{})
	away.Close()
	for _, addr := range []string{away.Addr, silent.Addr().String()} {
		s, err := newServer(Config{Addr: addr, TLS: plain}, 200*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		err = (&Sender{from: &mail.Address{Address: "notejam@notejam.example"}, deliver: s.deliver}).Send(t.Context(), letter)
		if err == nil || time.Since(begin) > 5*time.Second || strings.Contains(err.Error(), to) {
			t.Errorf("got %v after %v", err, time.Since(begin))
		}
	}
}

func TestAFolderGetsEachMailAsAFile(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // a mail that is sent again takes its own place
		err := send(t, Config{From: from, Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if want := []string{filepath.Join(dir, letter.ID+".eml")}; err != nil || cmp.Diff(want, files) != "" {
		t.Fatalf("got %v, %v, want %v", files, err, want)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"To: <" + to + ">\r\n", "Subject: A subject\r\n", "\n" + link + "\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func TestAFolderThatIsGoneIsAnError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	err := send(t, Config{From: from, Dir: dir})
	if !errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), to) {
		t.Errorf("got %v", err)
	}
}

func TestSettingsThatContradictEachOtherAreTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	err := os.WriteFile(file, []byte("no certificate"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name     string
		settings map[string]string
		want     string // what the error says; "" if all is well
	}{
		{"a folder will do", map[string]string{"AUTH_MAIL_DIR": "/mails"}, ""},
		{"so will a server", map[string]string{"AUTH_SMTP_ADDR": "mail.example.com:587"}, ""},
		{"a server on loopback needs no encryption", map[string]string{"AUTH_SMTP_ADDR": "[::1]:1025", "AUTH_SMTP_TLS": "none"}, ""},
		{"neither", map[string]string{}, "give either AUTH_SMTP_ADDR or AUTH_MAIL_DIR"},
		{"both", map[string]string{"AUTH_SMTP_ADDR": "mail.example.com:587", "AUTH_MAIL_DIR": "/mails"}, "give either AUTH_SMTP_ADDR or AUTH_MAIL_DIR"},
		{"a user without a password", map[string]string{"AUTH_SMTP_ADDR": "mail.example.com:587", "AUTH_SMTP_USER": "u"}, "give both AUTH_SMTP_USER and AUTH_SMTP_PASSWORD, or neither"},
		{"a password without a user", map[string]string{"AUTH_SMTP_ADDR": "mail.example.com:587", "AUTH_SMTP_PASSWORD": "p"}, "give both AUTH_SMTP_USER and AUTH_SMTP_PASSWORD, or neither"},
		{"in the clear over a network", map[string]string{"AUTH_SMTP_ADDR": "mail.example.com:25", "AUTH_SMTP_TLS": "none"}, "AUTH_SMTP_TLS may be none on loopback only"},
		{"a password in the clear", map[string]string{"AUTH_SMTP_ADDR": "127.0.0.1:25", "AUTH_SMTP_TLS": "none", "AUTH_SMTP_USER": "u", "AUTH_SMTP_PASSWORD": "p"}, "give no AUTH_SMTP_USER when AUTH_SMTP_TLS is none"},
		{"no sender's address", map[string]string{"AUTH_MAIL_DIR": "/mails", "AUTH_MAIL_FROM": "Notejam"}, "AUTH_MAIL_FROM must be a mail address"},
		{"a certificate that is not there", map[string]string{"AUTH_SMTP_ADDR": "mail.example.com:587", "AUTH_SMTP_CA": "/nowhere"}, "read AUTH_SMTP_CA"},
		{"a certificate that is none", map[string]string{"AUTH_SMTP_ADDR": "mail.example.com:587", "AUTH_SMTP_CA": file}, "AUTH_SMTP_CA holds no certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.settings["AUTH_MAIL_FROM"] == "" {
				tt.settings["AUTH_MAIL_FROM"] = from
			}
			set := env.New(env.Map(tt.settings))
			cfg := Settings(set, "AUTH")
			err := set.Err()
			if err == nil {
				err = cfg.Check()
			}
			if err == nil {
				_, err = New(cfg)
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
