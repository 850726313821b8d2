package web

// The reference page with one call of each sort; the real one is looked at in docs_test.go and in e2e.

func docsFixtures() []fixture {
	text := func(s string) Words { return inWords(s) }
	title := DocsField{Name: "title", Kind: "string", About: text("The pad's name in the person's own words."), Required: true}
	etag := DocsField{Name: "If-Match", Kind: "header, string", About: text("The etag that the resource must have, in double quotes; or `*`.")}
	pads := DocsGroup{Name: "pads", About: []Words{text("Pad is a named group of notes of one person.")}, Calls: []DocsCall{
		{
			ID: "createPad", Verb: "POST", Path: "/v1/pads", Summary: "Makes a pad.", About: []Words{text("Two pads may have one title."), text("Needs the scope `pads:write`.")},
			Body: []DocsField{title}, Curl: "curl \"$URL/v1/pads\" \\\n  -d '{\"title\": \"Recipes\"}'", SamplePath: "/v1/pads", SampleBody: `{"title": "Recipes"}`,
			Answers: []DocsAnswer{
				{Status: "200", About: text("A pad."), Message: "Pad"},
				{Status: "400", About: text("Bad Request: `FIELD_INVALID` with a field violation for each wrong field."), Message: "Error"},
			},
		},
		{
			ID: "deletePad", Verb: "DELETE", Path: "/v1/pads/{pad}", Summary: "Deletes a pad.", Deprecated: true, Open: true, Parameters: []DocsField{etag},
			Curl: "curl -X DELETE \"$URL/v1/pads/019843c1\"", SamplePath: "/v1/pads/019843c1", Answers: []DocsAnswer{{Status: "304", About: text("Not Modified.")}},
		},
	}}
	messages := []DocsMessage{
		{Name: "Error", About: text("What every error answers.")},
		{Name: "Pad", About: text("Pad is a named group of notes."), Fields: []DocsField{title}},
	}
	docs := Docs{About: []Words{text("Notes and pads, for programs."), text("Authenticate by `Authorization: Bearer TOKEN`.")}, Groups: []DocsGroup{pads}, Messages: messages}
	signedIn := DocsView{Layout: without(fixtureLayout("The API"), func(l *Layout) { l.Nav, l.Here = nil, "docs" }), Docs: docs}
	stranger := DocsView{Layout: Layout{Heading: "The API", Anonymous: true, Here: "docs"}, Docs: docs}
	return []fixture{{"docs", pageDocs, signedIn}, {"docs_anonymous", pageDocs, stranger}}
}
