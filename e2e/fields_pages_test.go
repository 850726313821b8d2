package e2e_test

// Page tokens are probed with right ones: what they open is another part of the same thing, and no mistake.

import (
	"fmt"
	"net/http"

	"gitlab.com/notejam/notejam/platform/pagetoken"
)

// nextPage reads the first page of a list and then the second, each of one thing.
func nextPage(path, list string) probe {
	return func(p *person) (string, string) {
		for _, title := range []string{"Beans", "Peas"} {
			p.madeNote(title)
			p.madePad(title)
		}
		p.waitForActivities(2)
		name := func(parameter string) (string, any) {
			status, answer := p.api(http.MethodGet, path+"?pageSize=1"+parameter, nil)
			things, _ := answer[list].([]any)
			if status != http.StatusOK || len(things) != 1 {
				p.t.Fatalf("a page of %s: %d %v", list, status, answer)
			}
			thing, _ := things[0].(map[string]any)
			return fmt.Sprint(thing["name"]), answer["nextPageToken"]
		}
		first, token := name("")
		second, _ := name(fmt.Sprint("&pageToken=", token))
		return first, second
	}
}

// goesOn has a trail checked from its second link on. A call ends after 20,000 links, which nobody here has, so the token is made as audit makes it:
// one after the real first link, with which all is well as before, and one after a first link that was never there, which is found.
func goesOn(p *person) (string, string) {
	p.madeNote("Beans")
	p.waitForActivities(3) // its account, its session and the note: what comes later would be in one answer and not in the other
	whole := p.answer(http.MethodGet, "/v1/trail:verify", nil)
	var id string
	p.each("/v1/activities", "activities", func(a map[string]any) { id = fmt.Sprint(a["actor"]) })
	var hash []byte
	err := rowsOf(p.t, "audit").QueryRow(p.t.Context(), `
		SELECT
			hash
		FROM chain
		WHERE account = ? AND seq = 1`, id).Scan(&hash)
	if err != nil {
		p.t.Fatal(err)
	}
	after := func(hash []byte) string {
		tokens := pagetoken.New([]byte(stack.Settings("audit")["AUDIT_PAGE_TOKEN_KEY"]))
		token, err := tokens.Encode(id+"\ntrail", map[string]any{"s": 1, "h": hash, "c": 0})
		if err != nil {
			p.t.Fatal(err)
		}
		return p.answer(http.MethodGet, "/v1/trail:verify?pageToken="+token, nil)
	}
	if rest := after(hash); rest != whole {
		p.t.Errorf("the rest of the trail is %s, and the whole %s", rest, whole)
	}
	return whole, after(make([]byte, len(hash)))
}
