package web

// Access tokens: what programs of a person sign in with. The answer to the form that makes one is the only page that shows its secret.

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/authpb"
)

const (
	tokensPath      = "/settings/tokens/"
	tokenCollection = "tokens/"
	defaultDays     = "90"
	sayShownOnce    = "This token was made already, and its secret is shown only once. If you did not copy it, delete the token and make another."
)

// reasonShownOnce is auth's answer to a form that was sent again.
const reasonShownOnce fault.Reason = "SECRET_SHOWN_ONCE"

// scopeWords are the scopes that a token may have, in the order in which they are offered.
var scopeWords = []Option{
	{Value: "notes:read", Label: "Read notes"},
	{Value: "notes:write", Label: "Write and delete notes"},
	{Value: "pads:read", Label: "Read pads"},
	{Value: "pads:write", Label: "Write and delete pads"},
	{Value: "account:read", Label: "Read the lists of sessions and tokens"},
	{Value: "activity:read", Label: "Read the activity"},
}

var tokenDays = []Option{
	{Value: "7", Label: "7 days"}, {Value: "30", Label: "30 days"}, {Value: defaultDays, Label: "90 days"}, {Value: "365", Label: "365 days"},
}

// tokenDraft is what the form holds.
type tokenDraft struct {
	title  string
	scopes []string
	days   string
}

func (s *site) listTokens(v *visit) error {
	return v.showTokens(tokenDraft{days: defaultDays}, setback{}, "")
}

func (s *site) createToken(v *visit) error {
	typed := tokenDraft{title: v.field("title"), scopes: v.form["scopes[]"], days: v.field("days")}
	if !slices.ContainsFunc(tokenDays, func(o Option) bool { return o.Value == typed.days }) {
		typed.days = defaultDays
	}
	days, _ := strconv.Atoi(typed.days) // one of the options
	token, err := s.access.CreateToken(v.ctx(), &authpb.CreateTokenRequest{
		Token: &authpb.Token{
			Title: typed.title, Scopes: typed.scopes, ExpireTime: timestamppb.New(tokenEnd(s.now(), days)),
		},
		RequestId: v.requestID(),
	})
	if err == nil {
		return v.showTokens(tokenDraft{days: defaultDays}, setback{}, token.GetSecret())
	}
	if fault.Is(err, reasonShownOnce) || fault.Is(err, fault.ReasonRequestIDReused) {
		return v.showTokens(tokenDraft{days: defaultDays}, setback{status: http.StatusConflict, notice: sayShownOnce, renew: true}, "")
	}
	back, ok := v.setback(err)
	if !ok {
		return fmt.Errorf("create token: %w", err)
	}
	return v.showTokens(typed, back, "")
}

// tokenEnd is so many days ahead, at the end of a day in UTC: the same form sent again on the same day is the same request.
func tokenEnd(now time.Time, days int) time.Time {
	return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, days+1).Add(-time.Second)
}

// showTokens shows the list and the form, and once the secret of a new token.
func (v *visit) showTokens(typed tokenDraft, back setback, secret string) error {
	response, err := v.site.access.ListTokens(v.ctx(), &authpb.ListTokensRequest{})
	if err != nil && secret == "" {
		return fmt.Errorf("list tokens: %w", err)
	}
	view := TokensView{
		Layout: v.layout("Access tokens"),
		Hidden: v.hidden(),
		Secret: secret,
		Title:  Field{Name: "title", Label: "What is it for?", Type: "text", Value: typed.title, Autocomplete: "off", Error: back.take("token.title")},
		Scopes: Field{Name: "scopes", Label: "What may it do?", Error: back.take("token.scopes")},
		Days:   Field{Name: "days", Label: "It ends after", Error: back.take("token.expire_time")},
	}
	view.Here = hereAccount
	back.rest()
	view.Notice = back.notice
	if back.status != 0 && !back.renew {
		view.Hidden.RequestID = v.requestID()
	}
	if secret != "" {
		view.Curl = "curl -H 'Authorization: Bearer " + secret + "' " + v.site.publicURL + "/v1/notes"
	}
	for _, option := range scopeWords {
		option.Selected = slices.Contains(typed.scopes, option.Value)
		view.ScopeOptions = append(view.ScopeOptions, option)
	}
	for _, option := range tokenDays {
		option.Selected = option.Value == typed.days
		view.DayOptions = append(view.DayOptions, option)
	}
	for _, token := range response.GetTokens() {
		view.Rows = append(view.Rows, v.tokenRow(token))
	}
	return v.show(max(back.status, http.StatusOK), pageTokens, view)
}

func (v *visit) tokenRow(token *authpb.Token) TokenRow {
	row := TokenRow{
		Title:      token.GetTitle(),
		DeletePath: tokensPath + strings.TrimPrefix(token.GetName(), tokenCollection) + "/delete/",
		Created:    v.when(token.GetCreateTime()),
		Ends:       token.GetExpireTime().AsTime().In(v.location()).Format("02 Jan. 2006"),
	}
	if token.GetLastUseTime() != nil {
		row.Used = v.when(token.GetLastUseTime())
	}
	var words []string
	for _, option := range scopeWords {
		if slices.Contains(token.GetScopes(), option.Value) {
			words = append(words, option.Label)
		}
	}
	row.Scopes = strings.Join(words, ", ")
	return row
}

func (s *site) askDeleteToken(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	token, err := s.access.GetToken(v.ctx(), &authpb.GetTokenRequest{Name: tokenCollection + id})
	if err != nil {
		return fmt.Errorf("get token: %w", err)
	}
	view := DeleteView{
		Layout: v.layout(token.GetTitle()), Hidden: v.hidden(), Action: tokensPath + id + "/delete/", Cancel: tokensPath,
		Question: "Are you sure you want to delete " + token.GetTitle() + "?", Consequence: "Programs that use it can do nothing any more.", Submit: "Delete it",
	}
	view.Here = hereAccount
	return v.show(http.StatusOK, pageDelete, view)
}

func (s *site) deleteToken(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	_, err = s.access.DeleteToken(v.ctx(), &authpb.DeleteTokenRequest{Name: tokenCollection + id, RequestId: v.requestID()})
	if perhapsDone(err) {
		s.sessions.forgetPerson(v.person.ID) // what the token was exchanged for may be remembered here
	}
	if err != nil {
		return fmt.Errorf("delete token: %w", err)
	}
	return v.done(flashTokenDeleted, tokensPath)
}
