package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const newPassword = "another long enough password"

// probes say how each field shows.
var probes = map[string]probe{
	"SignUp.email": func(p *person) (string, string) {
		return p.anyone("signUp", fields{"email": "x", "password": password}), p.anyone("signUp", fields{"email": "1" + p.email, "password": password})
	},
	"SignUp.password": func(p *person) (string, string) {
		return p.anyone("signUp", fields{"email": "2" + p.email, "password": "short"}), p.anyone("signUp", fields{"email": "2" + p.email, "password": password})
	},
	"SignUp.request_id": reused(func(p *person, id string) string {
		return p.anyone("signUp", fields{"email": "3" + p.email, "password": password, "requestId": id})
	}, askForReset),
	"SignIn.email": func(p *person) (string, string) {
		return p.anyone("signIn", fields{"email": "nobody@example.test", "password": password}), p.anyone("signIn", fields{"email": p.email, "password": password})
	},
	"SignIn.password": func(p *person) (string, string) {
		return p.anyone("signIn", fields{"email": p.email, "password": newPassword}), p.anyone("signIn", fields{"email": p.email, "password": password})
	},
	"SignIn.request_id": func(p *person) (string, string) { // the repeat ends the session that the first one began
		return signedInTwice(p, exampleID, "019843c1-5b2a-7d4e-9f00-8a6c1d2e3f41"), signedInTwice(p, exampleID, exampleID)
	},
	"SignOut.request_id": reused(func(p *person, id string) string {
		answer := p.answer(http.MethodPost, "/v1/auth:signOut", fields{"requestId": id})
		p.token = ""
		return answer
	}, endOthers),
	"ChangePassword.current_password": twice("/v1/auth:changePassword",
		fields{"currentPassword": "wrong", "newPassword": newPassword}, fields{"currentPassword": password, "newPassword": newPassword}),
	"ChangePassword.new_password": twice("/v1/auth:changePassword",
		fields{"currentPassword": password, "newPassword": "short"}, fields{"currentPassword": password, "newPassword": newPassword}),
	"ChangePassword.request_id": reused(func(p *person, id string) string {
		return p.answer(http.MethodPost, "/v1/auth:changePassword", fields{"currentPassword": password, "newPassword": newPassword, "requestId": id})
	}, endOthers),
	"RequestPasswordReset.email": func(p *person) (string, string) {
		return p.anyone("requestPasswordReset", fields{"email": "x"}), p.anyone("requestPasswordReset", fields{"email": p.email})
	},
	"RequestPasswordReset.request_id": reused(askForReset, func(p *person, id string) string {
		return p.anyone("signUp", fields{"email": id[:8] + p.email, "password": password, "requestId": id})
	}),
	"ConfirmPasswordReset.token": func(p *person) (string, string) {
		return p.confirm("nj_rst_wrong", newPassword, ""), p.confirm(p.resetToken(), newPassword, "")
	},
	"ConfirmPasswordReset.new_password": func(p *person) (string, string) {
		token := p.resetToken()
		return p.confirm(token, "short", ""), p.confirm(token, newPassword, "")
	},
	"ConfirmPasswordReset.request_id": reused(func(p *person, id string) string { return p.confirm(p.resetToken(), newPassword, id) }, askForReset),
	"DeleteSession.name": func(p *person) (string, string) {
		return p.answer(http.MethodDelete, "/v1/sessions/"+exampleID, nil), p.answer(http.MethodDelete, "/v1/"+p.otherSession(), nil)
	},
	"DeleteSession.request_id": reused(func(p *person, id string) string {
		return p.answer(http.MethodDelete, "/v1/"+p.otherSession()+"?requestId="+id, nil)
	}, endOthers),
	"EndOtherSessions.request_id": reused(endOthers, func(p *person, id string) string {
		return p.answer(http.MethodDelete, "/v1/"+p.otherSession()+"?requestId="+id, nil)
	}),
	"CreateToken.token": func(p *person) (string, string) {
		_, first := p.api(http.MethodPost, "/v1/tokens", tokenBody("notes:read"))
		_, second := p.api(http.MethodPost, "/v1/tokens", tokenBody("pads:write"))
		return fmt.Sprint(first["scopes"]), fmt.Sprint(second["scopes"])
	},
	"CreateToken.request_id": reused(func(p *person, id string) string {
		status, made := p.api(http.MethodPost, "/v1/tokens?requestId="+id, tokenBody("notes:read"))
		return fmt.Sprint(status, made["scopes"], made["error"])
	}, endOthers),
	"GetToken.name": func(p *person) (string, string) {
		_, name := p.makeToken("notes:read")
		return p.answer(http.MethodGet, "/v1/tokens/"+exampleID, nil), p.answer(http.MethodGet, "/v1/"+name, nil)
	},
	"DeleteToken.name": func(p *person) (string, string) {
		_, name := p.makeToken("notes:read")
		return p.answer(http.MethodDelete, "/v1/tokens/"+exampleID, nil), p.answer(http.MethodDelete, "/v1/"+name, nil)
	},
	"DeleteToken.request_id": reused(func(p *person, id string) string {
		_, name := p.makeToken("notes:read")
		return p.answer(http.MethodDelete, "/v1/"+name+"?requestId="+id, nil)
	}, endOthers),

	"CreateNote.note.title": twice("/v1/notes", fields{"title": "Beans", "text": "x"}, fields{"title": "Peas", "text": "x"}),
	"CreateNote.note.text":  twice("/v1/notes", fields{"title": "Beans", "text": "x"}, fields{"title": "Beans", "text": "y"}),
	"CreateNote.note.pad": func(p *person) (string, string) {
		pad := p.madePad("Recipes")
		return p.answer(http.MethodPost, "/v1/notes", fields{"title": "Beans", "text": "x"}),
			p.answer(http.MethodPost, "/v1/notes", fields{"title": "Beans", "text": "x", "pad": pad})
	},
	"CreateNote.request_id": reused(func(p *person, id string) string {
		return p.answer(http.MethodPost, "/v1/notes?requestId="+id, fields{"title": "Beans", "text": "x"})
	}, makePad),
	"GetNote.name":            ofNote(http.MethodGet, nil),
	"ListNotes.page_size":     inQuery("/v1/notes", "?pageSize=1"),
	"ListNotes.page_token":    nextPage("/v1/notes", "notes"),
	"ListNotes.order_by":      inQuery("/v1/notes", "?orderBy=title"),
	"ListNotes.filter":        inQuery("/v1/notes", "?filter="+url.QueryEscape(`pad = "pads/`+exampleID+`"`)),
	"ListNotes.show_deleted":  inQuery("/v1/notes", "?showDeleted=true"),
	"UpdateNote.note.name":    ofNote(http.MethodPatch, fields{"title": "Peas"}),
	"UpdateNote.note.title":   onNote(http.MethodPatch, "", fields{"title": "Beans"}, fields{"title": "Peas"}),
	"UpdateNote.note.text":    onNote(http.MethodPatch, "", fields{"text": "x"}, fields{"text": "y"}),
	"UpdateNote.note.etag":    onNote(http.MethodPatch, "", fields{"title": "Peas"}, fields{"title": "Peas", "etag": "old"}),
	"UpdateNote.update_mask":  onNote(http.MethodPatch, "?updateMask=text", fields{"title": "Peas", "text": "x"}, fields{"title": "Peas", "text": "x"}),
	"UpdateNote.note.pad":     padOfNote,
	"UpdateNote.request_id":   reused(changed("notes", http.MethodPatch, fields{"title": "Peas"}), makePad),
	"DeleteNote.name":         ofNote(http.MethodDelete, nil),
	"DeleteNote.etag":         onNote(http.MethodDelete, "?etag=old", nil, nil),
	"DeleteNote.request_id":   reused(changed("notes", http.MethodDelete, nil), makePad),
	"UndeleteNote.name":       undeleted("notes"),
	"UndeleteNote.request_id": reused(restored("notes"), makePad),
	"CreatePad.pad.title":     twice("/v1/pads", fields{"title": "Recipes"}, fields{"title": "Letters"}),
	"CreatePad.request_id": reused(makePad, func(p *person, id string) string {
		return p.answer(http.MethodPost, "/v1/pads?requestId="+id, fields{"title": "Letters"})
	}),
	"GetPad.name":               ofPad(http.MethodGet, nil),
	"ListPads.page_size":        inQuery("/v1/pads", "?pageSize=1"),
	"ListPads.page_token":       nextPage("/v1/pads", "pads"),
	"ListPads.show_deleted":     inQuery("/v1/pads", "?showDeleted=true"),
	"UpdatePad.pad.name":        ofPad(http.MethodPatch, fields{"title": "Letters"}),
	"UpdatePad.pad.title":       onPad(http.MethodPatch, "", fields{"title": "Recipes"}, fields{"title": "Letters"}),
	"UpdatePad.pad.etag":        onPad(http.MethodPatch, "", fields{"title": "Letters"}, fields{"title": "Letters", "etag": "old"}),
	"UpdatePad.update_mask":     onPad(http.MethodPatch, "?updateMask=note_count", fields{"title": "Letters"}, fields{"title": "Letters"}),
	"UpdatePad.request_id":      reused(changed("pads", http.MethodPatch, fields{"title": "Letters"}), makePad),
	"DeletePad.name":            ofPad(http.MethodDelete, nil),
	"DeletePad.etag":            onPad(http.MethodDelete, "?etag=old", nil, nil),
	"DeletePad.force":           forced,
	"DeletePad.request_id":      reused(changed("pads", http.MethodDelete, nil), makePad),
	"UndeletePad.name":          undeleted("pads"),
	"UndeletePad.request_id":    reused(restored("pads"), makePad),
	"ListActivities.page_size":  inTrail("?pageSize=1"),
	"ListActivities.filter":     inTrail("?filter=" + url.QueryEscape(`type = "notejam.auth.account.*"`)),
	"ListActivities.page_token": nextPage("/v1/activities", "activities"),
	"VerifyTrail.page_token":    goesOn,
}

// anyone makes a call of auth that needs no token.
func (p *person) anyone(verb string, body fields) string {
	p.t.Helper()
	status, answer := p.call(http.MethodPost, "/v1/auth:"+verb, body, "")
	return plain(p.t, status, answer)
}

func askForReset(p *person, id string) string {
	return p.anyone("requestPasswordReset", fields{"email": p.email, "requestId": id})
}

func endOthers(p *person, id string) string {
	return strings.Map(withoutDigits, p.answer(http.MethodPost, "/v1/sessions:endOthers", fields{"requestId": id}))
}

// withoutDigits keeps how many sessions were ended out of the comparison.
func withoutDigits(r rune) rune {
	if r >= '0' && r <= '9' {
		return -1
	}
	return r
}

func makePad(p *person, id string) string {
	return p.answer(http.MethodPost, "/v1/pads?requestId="+id, fields{"title": "Recipes"})
}

// signedInTwice signs in with two request ids, and says what the first token is worth then.
func signedInTwice(p *person, one, other string) string {
	p.t.Helper()
	body := fields{"email": p.email, "password": password, "requestId": one}
	_, first := p.call(http.MethodPost, "/v1/auth:signIn", body, "")
	token, _ := first["sessionToken"].(string)
	body["requestId"] = other
	p.anyone("signIn", body)
	status, answer := p.call(http.MethodGet, "/v1/notes", nil, token)
	return plain(p.t, status, answer)
}

// otherSession begins one more session and gives its name.
func (p *person) otherSession() string {
	p.t.Helper()
	_, answer := p.call(http.MethodPost, "/v1/auth:signIn", fields{"email": p.email, "password": password}, "")
	session, _ := answer["session"].(fields)
	name, _ := session["name"].(string)
	return name
}

func (p *person) confirm(token, newPassword, id string) string {
	return p.anyone("confirmPasswordReset", fields{"token": token, "newPassword": newPassword, "requestId": id})
}

// ofNote calls a note that is not there, and one that is.
func ofNote(method string, body fields) probe {
	return func(p *person) (string, string) {
		return p.answer(method, "/v1/notes/"+exampleID, body), p.answer(method, "/v1/"+p.madeNote("Beans"), body)
	}
}

func ofPad(method string, body fields) probe {
	return func(p *person) (string, string) {
		return p.answer(method, "/v1/pads/"+exampleID, body), p.answer(method, "/v1/"+p.madePad("Recipes"), body)
	}
}

// onNote makes a call on two notes that are alike: the second has the query.
func onNote(method, query string, one, other fields) probe {
	return func(p *person) (string, string) {
		return p.answer(method, "/v1/"+p.madeNote("Beans"), one), p.answer(method, "/v1/"+p.madeNote("Beans")+query, other)
	}
}

func onPad(method, query string, one, other fields) probe {
	return func(p *person) (string, string) {
		return p.answer(method, "/v1/"+p.madePad("Recipes"), one), p.answer(method, "/v1/"+p.madePad("Recipes")+query, other)
	}
}

func padOfNote(p *person) (string, string) {
	note, pad := p.madeNote("Beans"), p.madePad("Recipes")
	return p.answer(http.MethodPatch, "/v1/"+note, fields{"title": "Peas"}), p.answer(http.MethodPatch, "/v1/"+note, fields{"title": "Peas", "pad": pad})
}

func forced(p *person) (string, string) {
	pad := p.madePad("Recipes")
	p.made("/v1/notes", fields{"title": "Beans", "text": "x", "pad": pad})
	return p.answer(http.MethodDelete, "/v1/"+pad, nil), p.answer(http.MethodDelete, "/v1/"+pad+"?force=true", nil)
}

// some makes a note or a pad.
func (p *person) some(collection string) string {
	if collection == "pads" {
		return p.madePad("Recipes")
	}
	return p.madeNote("Beans")
}

func changed(collection, method string, body fields) func(p *person, id string) string {
	return func(p *person, id string) string {
		return p.answer(method, "/v1/"+p.some(collection)+"?requestId="+id, body)
	}
}

func restored(collection string) func(p *person, id string) string {
	return func(p *person, id string) string {
		name := p.some(collection)
		p.answer(http.MethodDelete, "/v1/"+name, nil)
		return p.answer(http.MethodPost, "/v1/"+name+":undelete", fields{"requestId": id})
	}
}

func undeleted(collection string) probe {
	return func(p *person) (string, string) {
		none := p.answer(http.MethodPost, "/v1/"+collection+"/"+exampleID+":undelete", fields{})
		return none, restored(collection)(p, "")
	}
}

// inTrail reads the trail with and without a parameter, once it tells of two things.
func inTrail(parameter string) probe {
	return func(p *person) (string, string) {
		p.madeNote("Beans")
		p.waitForActivities(2)
		return p.answer(http.MethodGet, "/v1/activities", nil), p.answer(http.MethodGet, "/v1/activities"+parameter, nil)
	}
}

// waitForActivities waits until the trail tells of so many things.
func (p *person) waitForActivities(n int) {
	p.t.Helper()
	eventually(p.t, "the trail tells of it", 10*time.Second, func() error {
		if got := len(p.activities()); got < n {
			return fmt.Errorf("%d activities", got)
		}
		return nil
	})
}

// resetToken asks for a mail and gives the token of its link.
func (p *person) resetToken() string {
	p.t.Helper()
	askForReset(p, "")
	return strings.Trim(strings.TrimPrefix(p.mailedLink(), "/reset-password/"), "/")
}
