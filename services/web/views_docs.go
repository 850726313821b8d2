package web

// View models of the reference page.

// DocsView is the reference page.
type DocsView struct {
	Layout
	Docs
}

// Docs is what the page tells, the same for everybody.
type Docs struct {
	About    []Words
	Groups   []DocsGroup
	Messages []DocsMessage
}

// DocsGroup is what can be done with one kind of thing.
type DocsGroup struct {
	Name  string
	About []Words
	Calls []DocsCall
}

// DocsCall is one call.
type DocsCall struct {
	ID, Verb, Path   string
	Summary          string
	About            []Words
	Open, Deprecated bool
	Parameters, Body []DocsField
	Answers          []DocsAnswer
	Curl             string

	SamplePath, SampleBody string // what the form for a try begins with
}

// DocsField is a parameter, or a field of a body or an answer.
type DocsField struct {
	Name, Kind string
	About      Words
	Required   bool
}

// DocsAnswer is what a call can answer with one status.
type DocsAnswer struct {
	Status  string
	About   Words
	Message string // that the answer holds
}

// DocsMessage is what an answer holds.
type DocsMessage struct {
	Name   string
	About  Words
	Fields []DocsField
}

// Words are a text with pieces of code in it.
type Words []Word

// Word is a piece of text, or of code.
type Word struct {
	Text string
	Code bool
}
