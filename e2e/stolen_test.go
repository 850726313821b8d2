package e2e_test

import (
	"encoding/base64"
	"encoding/hex"
	"hash/crc32"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// Whoever steals auth's database goes through the front doors with it: each value of
// each table, in each spelling in which it might be one, is sent as the cookie, as
// the bearer token, as the password in the form and in REST, and as a reset link.
func TestNoValueOfAStolenDatabaseSignsInAtTheFrontDoors(t *testing.T) {
	t.Parallel()
	all := startProcesses(t)
	ann := signedIn(t, all.stack.URL(), "ann")
	token, _ := ann.makeToken("notes:read", "account:read")
	ann.submit("/forgot-password/", url.Values{"email": {ann.email}})
	link := ann.mailedLinkIn(all.stack.MailDir())
	thief := visitor(t, all.stack.URL())
	thief.email = ann.email
	base, err := url.Parse(ann.base)
	if err != nil {
		t.Fatal(err)
	}
	cookies := ann.http.Jar.Cookies(base)
	cookie := cookies[slices.IndexFunc(cookies, func(c *http.Cookie) bool { return c.Name == "nj_session" })].Value
	for door, opens := range map[string]bool{
		"cookie": thief.opensByCookie(cookie), "session": thief.opensByBearer(ann.token), "token": thief.opensByBearer(token),
		"link": thief.opensByLink(strings.Trim(strings.TrimPrefix(link, "/reset-password/"), "/")), "password": thief.opensByPassword(password),
	} {
		if !opens {
			t.Fatalf("the right %s does not open its door: the test would prove nothing", door)
		}
	}

	parts := strings.Split(token, "_")
	if again := tokenWith(parts[2], secretOf(t, parts[3])); again != token {
		t.Fatalf("%s is spelt %s: the test would prove nothing", token, again)
	}

	values := stolen(t, all)
	if len(values) < 40 {
		t.Fatalf("only %d values were found: the test looks in the wrong place", len(values))
	}
	tried := 0
	for _, value := range values {
		for _, text := range spellings(parts[2], value) {
			text = strings.ToValidUTF8(text, "?")
			opens := map[string]bool{"a reset link": thief.opensByLink(text), "a password": thief.opensByPassword(text)}
			if sendable(text) { // in a header
				tried++
				opens["a cookie"], opens["a bearer token"] = thief.opensByCookie(text), thief.opensByBearer(text)
			}
			for door, is := range opens {
				if is {
					t.Errorf("%.80q signs in as %s", text, door)
				}
			}
		}
	}
	if tried < 200 {
		t.Errorf("%d spellings of %d values were tried", tried, len(values))
	}
	t.Logf("%d spellings of %d values were tried", tried, len(values))
}

// stolen gives each different value of each column of each table of auth.
func stolen(t *testing.T, all *processes) (values []string) {
	t.Helper()
	set := env.New(env.Map(all.stack.Settings("auth")))
	db, err := mysql.Open(mysql.Settings(set, "AUTH", 1), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	tables, err := rowsAsText(t.Context(), db, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
	if err != nil || !slices.Contains(tables, "tokens") {
		t.Fatalf("tables are %q: %v", tables, err)
	}
	for _, table := range tables {
		err = eachRow(t.Context(), db, "SELECT * FROM "+table, func(row []string) { values = append(values, row...) })
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// spellings are the ways to send a value: as it is, and as the secret of a session,
// a link or a token.
func spellings(tokenID, value string) []string {
	raw := base64.RawURLEncoding.EncodeToString([]byte(value))
	all := []string{value, raw, hex.EncodeToString([]byte(value)), "nj_ses_" + raw, "nj_rst_" + raw, "nj_ses_" + value, "nj_rst_" + value}
	if len(value) == 32 {
		all = append(all, tokenWith(tokenID, value))
	}
	return all
}

// tokenWith writes a personal access token as docs/tokens.md says.
func tokenWith(id, secret string) string {
	text := "nj_pat_" + id + "_" + base62(new(big.Int).SetBytes([]byte(secret)), 43)
	return text + "_" + base62(new(big.Int).SetUint64(uint64(crc32.ChecksumIEEE([]byte(text)))), 6)
}

// secretOf reads the secret of a token. Its digits are those of package big, with
// small letters and capitals changed about.
func secretOf(t *testing.T, digits string) string {
	t.Helper()
	swapped := strings.Map(func(r rune) rune {
		if unicode.IsLower(r) {
			return unicode.ToUpper(r)
		}
		return unicode.ToLower(r)
	}, digits)
	n, ok := new(big.Int).SetString(swapped, 62)
	if !ok {
		t.Fatalf("%q is no number", digits)
	}
	return string(n.FillBytes(make([]byte, 32)))
}

func base62(n *big.Int, digits int) string {
	text := []byte(strings.Repeat("0", digits))
	for i := digits - 1; i >= 0; i-- {
		digit := new(big.Int)
		n.DivMod(n, big.NewInt(62), digit)
		text[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[digit.Int64()]
	}
	return string(text)
}

// opensByCookie says whether somebody with this cookie gets to see the settings.
func (p *person) opensByCookie(value string) bool {
	p.t.Helper()
	req := p.request(http.MethodGet, "/settings/", nil)
	req.Header.Set("Cookie", "nj_session="+value)
	return p.do(req).status == http.StatusOK
}

func (p *person) opensByBearer(token string) bool {
	p.t.Helper()
	status, _ := p.call(http.MethodGet, "/v1/sessions", nil, token)
	return status != http.StatusUnauthorized
}

func (p *person) opensByLink(token string) bool {
	p.t.Helper()
	return p.get("/reset-password/"+url.PathEscape(token)+"/").status == http.StatusOK
}

// opensByPassword tries the form and REST.
func (p *person) opensByPassword(text string) bool {
	p.t.Helper()
	form := p.submit("/signin/", url.Values{"email": {p.email}, "password": {text}})
	status, _ := p.call(http.MethodPost, "/v1/auth:signIn", map[string]string{"email": p.email, "password": text}, "")
	p.http.Jar, _ = cookiejar.New(nil)
	return form.status == http.StatusSeeOther || status == http.StatusOK
}
