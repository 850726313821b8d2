package web

import "strings"

// The states of all pages, with invented content: render_test.go compares them with testdata/pages.

func fixtureLayout(heading string) Layout {
	return Layout{
		Heading: heading,
		Email:   "ada@example.org",
		Nav: &Nav{Pads: []NavPad{
			{Name: "Kitchen", Path: "/pads/p1/", Notes: 12},
			{Name: "Reading list", Path: "/pads/p2/", Notes: 104},
			{Name: "Garden & balcony", Path: "/pads/p3/", Notes: 3},
			{Name: "Letters to a young engineer, first drafts", Path: "/pads/p4/", Notes: 0},
		}},
	}
}

func without(l Layout, change func(*Layout)) Layout {
	change(&l)
	return l
}

func anonymous(heading, here string) Layout {
	return Layout{Heading: heading, Anonymous: true, Here: here, Card: true, Width: "narrow"}
}

const fixtureText = `Soak the beans the night before, in twice their height of water.

In the morning pour the water away. Cook them slowly with a bay leaf, a carrot and half an onion; salt only at the end, when they are almost soft.

	2 cups of beans
	1 carrot, 1 onion
	3 cloves of garlic

Meanwhile fry the other half of the onion in plenty of olive oil, until it is nearly too brown. <b>Not bold</b> & not <script>alert(1)</script>.`

var (
	fixtureHidden = Hidden{Token: "token", RequestID: "0190f3c4-0000-7000-8000-000000000000", ETag: "etag"}
	today         = When{Text: "Today at 10:51", Exact: "2026-11-23T10:51:07.250Z"}
	yesterday     = When{Text: "Yesterday at 22:04", Exact: "2026-11-22T22:04:00.000Z"}
	longAgo       = When{Text: "02 Feb. 2013", Exact: "2013-02-02T08:00:00.000Z"}
)

func fixtureRows() []ListRow {
	return []ListRow{
		{Name: "White beans, the slow way", Path: "/notes/n1/", PadName: "Kitchen", PadPath: "/pads/p1/", Changed: today},
		{Name: "Call the roofer back before Thursday", Path: "/notes/n2/", Changed: today},
		{Name: "The left hand of darkness", Path: "/notes/n3/", PadName: "Reading list", PadPath: "/pads/p2/", Changed: yesterday},
		{Name: "What to plant beside tomatoes, and what never to plant beside them whatever anybody tells you", Path: "/notes/n4/", PadName: "Garden & balcony", PadPath: "/pads/p3/", Changed: When{"2 days ago", "2026-11-21T09:00:00.000Z"}},
		{Name: "Ideas for Jo's birthday", Path: "/notes/n5/", Changed: When{"3 days ago", "2026-11-20T09:00:00.000Z"}},
		{Name: "Standing questions", Path: "/notes/n6/", PadName: "Letters to a young engineer, first drafts", PadPath: "/pads/p4/", Changed: When{"7 days ago", "2026-11-16T09:00:00.000Z"}},
		{Name: "<script>alert('x')</script>", Path: "/notes/n7/", Changed: longAgo},
		{Name: strings.Repeat("Donaudampfschifffahrt", 4), Path: "/notes/n8/", PadName: "Kitchen", PadPath: "/pads/p1/", Changed: longAgo},
	}
}

func fixtureList() ListView {
	return ListView{
		Layout:   without(fixtureLayout("All notes (127)"), func(l *Layout) { l.Nav.AllCurrent = true }),
		ShowPads: true,
		ByName:   Column{Label: "Note", Class: "note", Path: "?order=name"},
		ByTime:   Column{Label: "Last modified", Class: "when", Path: "?order=updated_at", Sorted: "descending"},
		Rows:     fixtureRows(),
		NewNote:  "/notes/create/",
		Previous: "?order=-updated_at&page=before",
		Next:     "?order=-updated_at&page=after",
	}
}

func fixtureNoteForm(heading string) NoteForm {
	return NoteForm{
		Layout: fixtureLayout(heading),
		Hidden: fixtureHidden,
		Action: "/notes/create/",
		Cancel: "/",
		Guard:  "clean",
		Name:   Field{Name: "name"},
		Text:   Field{Name: "text"},
		Pad:    Field{Name: "pad"},
		Pads: []Option{
			{Value: "p1", Label: "Kitchen", Selected: true},
			{Value: "p2", Label: "Reading list"},
		},
	}
}

type fixture struct {
	name string
	page page
	view any
}

func fixtures() []fixture {
	emptyList := fixtureList()
	emptyList.Heading, emptyList.Rows, emptyList.Previous, emptyList.Next = "All notes (0)", nil, "", ""
	emptyList.Empty = "Create your first note."
	emptyList.Lesson = "A note has a name and a text. Later you can sort your notes into pads, one for each thing you care about."
	emptyList.Nav = &Nav{AllCurrent: true}
	emptyList.Flash = "Pad is successfully deleted"

	pad := fixtureList()
	pad.Heading, pad.ShowPads, pad.PadSettings = "Kitchen (12)", false, "/pads/p1/edit/"
	pad.Nav.AllCurrent, pad.Nav.Pads[0].Current = false, true
	pad.Rows, pad.Previous = pad.Rows[:3], ""
	pad.ByName.Sorted, pad.ByTime.Sorted = "ascending", ""
	pad.Flash = "Note is successfully created"

	edit := fixtureNoteForm("White beans, the slow way")
	edit.Name.Value, edit.Text.Value = "White beans, the slow way", fixtureText

	wrong := fixtureNoteForm("New note")
	wrong.Name.Error, wrong.Name.Focus = "This field is required.", true
	wrong.Text.Value, wrong.Pad.Error = "\nStarts with an empty line.", "Choose one of your pads."
	wrong.Guard = "changed"

	away := fixtureNoteForm("New note")
	away.Name.Value, away.Text.Value, away.Guard = "White beans", fixtureText, "changed"
	away.Notice = "Notejam is not available right now. Your text is kept in this page; try again."

	conflict := ConflictView{NoteForm: edit, Saved: SavedNote{Name: "White beans", Text: fixtureText + "\n\nServe with bread.", PadName: "Kitchen", Changed: today}}
	conflict.Notice, conflict.Guard, conflict.Width = "This note was changed elsewhere since you opened it.", "changed", "wide"

	signUp := AccountForm{
		Layout: anonymous("Sign up", "signup"), Hidden: fixtureHidden, Action: "/signup/", Submit: "Sign up", Pending: "Signing up…",
		Fields: []Field{
			{Name: "email", Label: "Email", Type: "email", Value: "ada@example", Autocomplete: "username", Error: "Enter a valid email address.", Focus: true},
			{Name: "password", Label: "Password", Type: "password", Autocomplete: "new-password", Hint: "Make it long: a few words in a row work well."},
			{Name: "confirm_password", Label: "Confirm password", Type: "password", Autocomplete: "new-password"},
		},
		Asides: []Aside{{Text: "Have an account?", Link: "Sign in", Path: "/signin/"}},
	}
	signIn := AccountForm{
		Layout: anonymous("Sign in", "signin"), Hidden: fixtureHidden, Action: "/signin/?next=%2Fnotes%2Fcreate%2F", Submit: "Sign in", Pending: "Signing in…",
		Fields: []Field{
			{Name: "email", Label: "Email", Type: "email", Autocomplete: "username", Focus: true},
			{Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password"},
		},
		Asides: signInPage("/").asides,
	}
	signedUp, signInFailed, busy := signIn, signIn, signIn
	signedUp.Flash = "Account is created. Now you can sign in."
	signInFailed.Notice = "Wrong email or password"
	busy.Notice = "Too many tries. Wait 2 seconds and try again."
	signOut := AccountForm{
		Layout: without(fixtureLayout("Sign out"), func(l *Layout) { l.Nav, l.Here, l.Card, l.Width = nil, "signout", true, "narrow" }),
		Hidden: fixtureHidden, Action: "/signout/", Submit: "Sign out", Pending: "Signing out…",
		Asides: []Aside{{Text: "Not yet?", Link: "Go back to your notes", Path: "/"}},
	}
	forgot := AccountForm{
		Layout: anonymous(forgotPage.heading, forgotPage.here), Hidden: fixtureHidden, Action: forgotPage.action, Lead: forgotPage.lead,
		Submit: forgotPage.submit, Pending: forgotPage.pending, Asides: forgotPage.asides, Fields: forgotFields(""),
	}
	forgot.Fields[0].Focus = true
	forgotWrong := forgot
	forgotWrong.Fields = forgotFields("ada@example")
	forgotWrong.Fields[0].Error, forgotWrong.Fields[0].Focus = "Enter a valid email address.", true
	choose := resetPage("nj_rst_token")
	reset := AccountForm{
		Layout: anonymous(choose.heading, choose.here), Hidden: fixtureHidden, Action: choose.action, Lead: choose.lead,
		Submit: choose.submit, Pending: choose.pending, Fields: resetFields(),
	}
	reset.Fields[0].Focus = true
	resetWrong := reset
	resetWrong.Fields = resetFields()
	resetWrong.Fields[0].Error, resetWrong.Fields[0].Focus, resetWrong.Fields[1].Error = "This password is too common.", true, sayMismatch

	settings := SettingsView{
		AccountForm: AccountForm{
			Layout: without(fixtureLayout(settingsPage.heading), func(l *Layout) { l.Nav, l.Here = nil, settingsPage.here }),
			Hidden: fixtureHidden, Action: settingsPage.action, Lead: settingsPage.lead, Account: "ada@example.org",
			Submit: settingsPage.submit, Pending: settingsPage.pending, Fields: settingsFields(),
		},
		Links: settingsLinks,
	}
	settingsChanged, settingsWrong, settingsAway := settings, settings, settings
	settingsChanged.Flash = "Password is successfully changed"
	settingsWrong.Fields = settingsFields()
	settingsWrong.Fields[0].Error, settingsWrong.Fields[0].Focus = "This is not your current password.", true
	settingsWrong.Fields[1].Error = "Use at least 10 characters."
	settingsAway.Notice = awayNotice

	sessionsView := SessionsView{
		Layout: without(fixtureLayout("Sessions"), func(l *Layout) { l.Nav, l.Here = nil, hereAccount }),
		Hidden: Hidden{Token: "token"}, Others: true,
		Rows: []SessionRow{
			{ID: "s1", Device: "Firefox on Linux", Network: "203.0.113.0/24", Started: yesterday, Used: today, Current: true},
			{ID: "s2", Device: "Samsung Internet on Android", Network: "2001:db8:1234::/48", Started: longAgo, Used: yesterday},
			{ID: "s3", Device: "Unknown device", Started: longAgo, Used: longAgo},
		},
	}
	sessionsAlone := sessionsView
	sessionsAlone.Rows, sessionsAlone.Others, sessionsAlone.Flash = sessionsView.Rows[:1], false, "All other sessions are ended."

	tokens := TokensView{
		Layout: without(fixtureLayout("Access tokens"), func(l *Layout) { l.Nav, l.Here = nil, hereAccount }), Hidden: fixtureHidden,
		Rows: []TokenRow{
			{Title: "Backup of the kitchen", Scopes: "Read notes, Read pads", DeletePath: "/settings/tokens/t1/delete/", Created: yesterday, Used: today, Ends: "21 Feb. 2027"},
			{Title: strings.Repeat("Donaudampfschifffahrt", 4), Scopes: "Read the activity", DeletePath: "/settings/tokens/t2/delete/", Created: longAgo, Ends: "02 Feb. 2014"},
		},
		Title:        Field{Name: "title", Label: "What is it for?", Type: "text", Autocomplete: "off"},
		Scopes:       Field{Name: "scopes", Label: "What may it do?"},
		Days:         Field{Name: "days", Label: "It ends after"},
		ScopeOptions: scopeWords, DayOptions: tokenDays,
	}
	tokenMade, tokenWrong := tokens, tokens
	tokenMade.Secret = "nj_pat_" + strings.Repeat("0123456789", 7)
	tokenMade.Curl = "curl -H 'Authorization: Bearer " + tokenMade.Secret + "' https://notes.example/v1/notes"
	tokenWrong.Notice, tokenWrong.Title.Error, tokenWrong.Scopes.Error, tokenWrong.Rows = awayNotice, "This field is required.", "Choose at least one.", nil

	padWrong := PadForm{
		Layout: fixtureLayout("New pad"), Hidden: fixtureHidden, Action: "/pads/create/", Cancel: "/",
		Name: Field{Name: "name", Label: "Name", Type: "text", Autocomplete: "off", Error: "This field is required.", Focus: true},
	}
	padRenamed := padWrong
	padRenamed.Heading, padRenamed.Notice = "Pantry", "This pad was renamed elsewhere; it is called Pantry now. Save again if you want your name."
	padRenamed.Name = Field{Name: "name", Label: "Name", Type: "text", Value: "Larder", Autocomplete: "off", Focus: true}

	gone := ErrorView{
		Layout: without(fixtureLayout(errAway.heading), func(l *Layout) { l.Nav, l.Email, l.Width = nil, "", "narrow" }),
		Advice: errAway.advice, Path: "/", Link: "All notes", RequestID: "0190f3c4-0000-7000-8000-000000000000",
	}
	notFound := ErrorView{
		Layout: without(fixtureLayout("There is nothing here."), func(l *Layout) { l.Nav, l.Width = nil, "narrow" }),
		Advice: "The address is wrong, or what was here is gone.", Path: "/", Link: "All notes", RequestID: "0190f3c4-0000-7000-8000-000000000000",
	}

	readOnly := fixtureList()
	readOnly.ReadOnly = readOnlyBanner

	return append(append(activityFixtures(), docsFixtures()...), []fixture{
		{"list", pageList, fixtureList()},
		{"list_empty", pageList, emptyList},
		{"list_pad", pageList, pad},
		{"list_read_only", pageList, readOnly},
		{"note", pageNote, NoteView{Layout: fixtureLayout("White beans, the slow way"), Text: fixtureText, PadName: "Kitchen", PadPath: "/pads/p1/", Changed: today, EditPath: "/notes/n1/edit/", DeletePath: "/notes/n1/delete/"}},
		{"note_new", pageNoteForm, fixtureNoteForm("New note")},
		{"note_edit", pageNoteForm, edit},
		{"note_wrong", pageNoteForm, wrong},
		{"note_away", pageNoteForm, away},
		{"note_conflict", pageConflict, conflict},
		{"note_delete", pageDelete, DeleteView{Layout: fixtureLayout("White beans"), Hidden: fixtureHidden, Action: "/notes/n1/delete/", Cancel: "/notes/n1/", Question: "Are you sure you want to delete White beans?", Submit: "Delete it"}},
		{"pad_new", pagePadForm, PadForm{Layout: fixtureLayout("New pad"), Hidden: fixtureHidden, Action: "/pads/create/", Cancel: "/", Name: Field{Name: "name", Label: "Name", Type: "text", Autocomplete: "off", Focus: true}}},
		{"pad_edit", pagePadForm, PadForm{Layout: fixtureLayout("Kitchen"), Hidden: fixtureHidden, Action: "/pads/p1/edit/", Cancel: "/pads/p1/", Name: Field{Name: "name", Label: "Name", Type: "text", Value: "Kitchen", Autocomplete: "off"}, DeletePath: "/pads/p1/delete/"}},
		{"pad_delete", pageDelete, DeleteView{Layout: fixtureLayout("Kitchen"), Hidden: fixtureHidden, Action: "/pads/p1/delete/", Cancel: "/pads/p1/", Question: "Are you sure you want to delete Kitchen?", Consequence: "Its 12 notes are deleted with it.", Submit: "Delete it"}},
		{"pad_wrong", pagePadForm, padWrong},
		{"pad_renamed", pagePadForm, padRenamed},
		{"signup_wrong", pageAccountForm, signUp},
		{"signin", pageAccountForm, signIn},
		{"signin_flash", pageAccountForm, signedUp},
		{"signin_failed", pageAccountForm, signInFailed},
		{"signin_busy", pageAccountForm, busy},
		{"signout", pageAccountForm, signOut},
		{"forgot", pageAccountForm, forgot},
		{"forgot_wrong", pageAccountForm, forgotWrong},
		{"reset", pageAccountForm, reset},
		{"reset_wrong", pageAccountForm, resetWrong},
		{"settings", pageSettings, settings},
		{"settings_changed", pageSettings, settingsChanged},
		{"settings_wrong", pageSettings, settingsWrong},
		{"settings_away", pageSettings, settingsAway},
		{"sessions", pageSessions, sessionsView},
		{"sessions_alone", pageSessions, sessionsAlone},
		{"tokens", pageTokens, tokens},
		{"tokens_made", pageTokens, tokenMade},
		{"tokens_wrong", pageTokens, tokenWrong},
		{"error", pageError, notFound},
		{"error_away", pageError, gone},
	}...)
}
