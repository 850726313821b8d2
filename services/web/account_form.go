package web

import (
	"net/http"
	"slices"
)

// accountPage is what does not change about one of the cards with a form.
type accountPage struct {
	heading, here   string
	lead            string
	action          string
	submit, pending string
	asides          []Aside
}

// showAccountForm answers with the card. The fields carry their own errors; back is what the service said.
func (v *visit) showAccountForm(p accountPage, fields []Field, back setback) error {
	status, form := v.accountForm(p, fields, back)
	focusFirst(form.Fields)
	form.Card, form.Width = true, "narrow"
	return v.show(status, pageAccountForm, form)
}

// accountForm makes the form and the status of its answer.
func (v *visit) accountForm(p accountPage, fields []Field, back setback) (int, AccountForm) {
	for i := range fields {
		if sentence := back.take(fields[i].Name); sentence != "" {
			fields[i].Error = sentence
		}
	}
	back.rest()
	status := back.status
	if hasErrors(fields) && status == 0 {
		status = http.StatusUnprocessableEntity
	}
	if status == 0 {
		status = http.StatusOK
	}
	form := AccountForm{
		Layout:  v.layout(p.heading),
		Hidden:  v.hidden(),
		Action:  p.action,
		Lead:    p.lead,
		Notice:  back.notice,
		Fields:  fields,
		Submit:  p.submit,
		Pending: p.pending,
		Asides:  p.asides,
	}
	form.Here = p.here
	if status == http.StatusServiceUnavailable || status == http.StatusConflict {
		form.Hidden.RequestID = v.requestID() // it may have happened: the same request finds out
	}
	return status, form
}

// require marks the fields that were left empty.
func (v *visit) require(fields []Field) {
	for i := range fields {
		if v.secretField(fields[i].Name) == "" {
			fields[i].Error = sayRequired
		}
	}
}

// confirm marks the confirmation, the last of the fields, when it is not the password before it.
func (v *visit) confirm(fields []Field) {
	password, confirmation := fields[len(fields)-2], &fields[len(fields)-1]
	if confirmation.Error == "" && v.secretField(password.Name) != v.secretField(confirmation.Name) {
		confirmation.Error = sayMismatch
	}
}

func hasErrors(fields []Field) bool {
	return slices.ContainsFunc(fields, func(f Field) bool { return f.Error != "" })
}

// focusFirst puts the caret where something is to be mended, else into the first field.
func focusFirst(fields []Field) {
	first := max(0, slices.IndexFunc(fields, func(f Field) bool { return f.Error != "" }))
	if len(fields) > 0 {
		fields[first].Focus = true
	}
}
