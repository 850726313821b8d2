package plain

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/services/notes/migrations"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// running is a plain process with one person, who has a pad.
type running struct {
	t   *testing.T
	url string
	db  *mysql.DB
	who Person
}

func start(t *testing.T) *running {
	t.Helper()
	database := mysqltest.New(t, migrations.Files)
	p := &running{t: t, db: database.Open(t), who: Person{ID: uuid.NewString(), Email: "ann@example.test"}}
	err := p.db.WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO people (owner_id, note_count, pad_count) VALUES (?, 0, 1)`, p.who.ID)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO pads (id, owner_id, title, note_count, etag, version, created_at, updated_at)
			VALUES (?, ?, 'Recipes', 0, '', 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`, uuid.NewString(), p.who.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.url = "http://" + listener.Addr().String()
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(listener, Config{
			Database:  database.Config,
			Templates: "../../services/web/templates", Static: "../../services/web/static",
			People: map[string]Person{"secret": p.who},
		})
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		err := <-ended
		if err != nil {
			t.Error(err)
		}
	})
	return p
}

// answer is what came back.
type answer struct {
	status         int
	location, body string
}

func (p *running) do(method, path, cookie string, form url.Values) answer {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Cookie", cookie)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header.Get("Location"), string(body)}
}

func (p *running) create(request, name, text string) answer {
	p.t.Helper()
	return p.do(http.MethodPost, "/notes/create/", "nj_session=secret", url.Values{"request_id": {request}, "name": {name}, "text": {text}})
}

// shows opens a page, which must be whole and show all words.
func (p *running) shows(path string, words ...string) string {
	p.t.Helper()
	got := p.do(http.MethodGet, path, "nj_session=secret; nj_zone=Europe/Vienna", nil)
	if got.status != http.StatusOK || !strings.HasSuffix(got.body, "</html>\n") {
		p.t.Fatalf("%s: %+v", path, got)
	}
	for _, word := range words {
		if !strings.Contains(got.body, word) {
			p.t.Errorf("%s does not show %q:\n%s", path, word, got.body)
		}
	}
	return got.body
}

func TestANoteThatIsMadeStandsOnHomeAndOnItsPage(t *testing.T) {
	p := start(t)
	p.shows("/", "All notes (0)", "Create your first note.", "Recipes", "ann@example.test")
	got := p.create(uuid.NewString(), " Soup & bread ", "Cut the\r\nonions")
	if want := (answer{http.StatusSeeOther, "/", ""}); got != want {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	home := p.shows("/", "All notes (1)", "Soup &amp; bread</a>", "No pad", "Today at ")
	_, link, _ := strings.Cut(home, `<td class="note"><a href="`)
	link, _, _ = strings.Cut(link, `"`)
	p.shows(link, "<h1>Soup &amp; bread</h1>", "Cut the\nonions", "Recipes")
}

func TestHomeShowsTenNotesAndLeadsOn(t *testing.T) {
	p := start(t)
	for range perPage {
		p.create(uuid.NewString(), "Soup", "onions")
	}
	if strings.Contains(p.shows("/", "All notes (10)"), "Next</a>") {
		t.Error("ten notes have a second page")
	}
	p.create(uuid.NewString(), "Soup", "onions")
	if rows := strings.Count(p.shows("/", "All notes (11)", "Next</a>"), `<td class="note">`); rows != perPage {
		t.Errorf("%d rows", rows)
	}
}

func TestAFormThatIsSentTwiceMakesOneNoteAndOneEvent(t *testing.T) {
	p := start(t)
	request := uuid.NewString()
	first, second := p.create(request, "Soup", "onions"), p.create(request, "Soup", "onions")
	if first.status != http.StatusSeeOther || second.status != http.StatusInternalServerError {
		t.Errorf("%+v, then %+v", first, second)
	}
	p.shows("/", "All notes (1)")
	var events, unsent int
	row := p.db.QueryRow(t.Context(), `SELECT COUNT(*), COALESCE(SUM(status = 0), 0) FROM outbox`)
	err := row.Scan(&events, &unsent)
	if err != nil || events != 1 || unsent != 0 {
		t.Errorf("%d events, %d that the relay would send, %v", events, unsent, err)
	}
}

func TestWhatCannotBeKeptIsRefused(t *testing.T) {
	p := start(t)
	for _, fields := range [][2]string{{"", "text"}, {" ", "text"}, {strings.Repeat("ä", maxTitle+1), "text"}, {"name", ""}, {"name", strings.Repeat("a", maxText+1)}} {
		got := p.create(uuid.NewString(), fields[0], fields[1])
		if got.status != http.StatusInternalServerError {
			t.Errorf("%.10q, %.10q: %+v", fields[0], fields[1], got)
		}
	}
	p.shows("/", "All notes (0)")
}

func TestStrangersAreSentAway(t *testing.T) {
	p := start(t)
	for _, cookie := range []string{"", "nj_session=", "nj_session=another"} {
		for _, path := range []string{"/", "/notes/" + uuid.NewString() + "/"} {
			got := p.do(http.MethodGet, path, cookie, nil)
			if want := (answer{http.StatusSeeOther, "/signin/", ""}); got != want {
				t.Errorf("%s with %q: %+v", path, cookie, got)
			}
		}
	}
	got := p.do(http.MethodGet, "/notes/"+uuid.NewString()+"/", "nj_session=secret", nil)
	if got.status != http.StatusInternalServerError {
		t.Errorf("a note that is not there: %+v", got)
	}
}

func TestMomentsAreWordedInTheVisitorsZone(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(vienna)
	at := func(days int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()-days, 0, 30, 0, 0, vienna)
	}
	for days, want := range map[int]string{0: "Today at 00:30", 1: "Yesterday at 00:30", 7: "7 days ago", 8: at(8).Format("02 Jan. 2006")} {
		got := when(at(days).UTC(), vienna)
		if got.Text != want || got.Exact != at(days).UTC().Format("2006-01-02T15:04:05.000Z") {
			t.Errorf("%d days ago: %+v, want %q", days, got, want)
		}
	}
}
