package e2e_test

// No field of a public request is dead: each one here is sent and left out, or sent with two values, and what comes of it
// differs. A field that is new in a contract breaks this test until somebody says how it shows.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// probe makes two calls that differ in the field alone, and gives both answers.
type probe func(p *person) (without, with string)

// heldElsewhere are the fields whose effect another test shows.
var heldElsewhere = map[string]string{
	"SignIn.client":        "web replaces it: TestREST_LetsNoHeaderBecomeAnything and client_test.go in services/web",
	"CreateNote.note.etag": "a new note has none: nobody can name it",
	"CreatePad.pad.etag":   "a new pad has none: nobody can name it",
}

func TestEveryFieldOfARequestChangesWhatComesOfIt(t *testing.T) {
	fields := requestFields()
	for _, field := range fields {
		_, elsewhere := heldElsewhere[field]
		look := probes[field]
		if look == nil && !elsewhere {
			t.Errorf("%s: nobody says how it shows; add it to probes", field)
		}
		if look == nil {
			continue
		}
		t.Run(field, func(t *testing.T) {
			without, with := look(member(t))
			if without == with {
				t.Errorf("both answers are %s", with)
			}
		})
	}
	for field := range probes {
		if !slices.Contains(fields, field) {
			t.Errorf("%s is no field", field)
		}
	}
}

// requestFields names the fields that programs may set: "CreateNote.note.title".
func requestFields() []string {
	var names []string
	for _, method := range everyRPC() {
		if strings.Contains(string(method.FullName()), ".internal.") {
			continue
		}
		inputs := method.Input().Fields()
		for i := range inputs.Len() {
			field := inputs.Get(i)
			name := string(method.Name()) + "." + string(field.Name())
			resource := field.Message()
			if resource == nil || resource.Fields().ByName("etag") == nil {
				names = append(names, name)
				continue
			}
			for j := range resource.Fields().Len() {
				inner := resource.Fields().Get(j)
				given := behaves(inner, annotations.FieldBehavior_IDENTIFIER) && strings.HasPrefix(name, "Create") // by the service
				if !behaves(inner, annotations.FieldBehavior_OUTPUT_ONLY) && !given {
					names = append(names, name+"."+string(inner.Name()))
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

func behaves(field protoreflect.FieldDescriptor, as annotations.FieldBehavior) bool {
	behaviours, _ := proto.GetExtension(field.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.Contains(behaviours, as)
}

// member is somebody who signed up by REST.
func member(t *testing.T) *person {
	t.Helper()
	p := visitor(t, stack.URL())
	p.email = "member-" + p.email
	eventually(t, "web has found auth", 10*time.Second, func() error {
		status, answer := p.call(http.MethodPost, "/v1/auth:signUp", map[string]string{"email": p.email, "password": password}, "")
		if status != http.StatusOK {
			return fmt.Errorf("sign up: %d %v", status, answer)
		}
		return nil
	})
	return p
}

// fields is the body of a call.
type fields = map[string]any

// answer is what a call comes to, without what is new each time.
func (p *person) answer(method, path string, body fields) string {
	p.t.Helper()
	var content any // nothing at all, and not an empty body
	if body != nil {
		content = body
	}
	status, answer := p.api(method, path, content)
	return plain(p.t, status, answer)
}

func plain(t *testing.T, status int, answer map[string]any) string {
	t.Helper()
	for _, volatile := range []string{"name", "etag", "createTime", "updateTime", "deleteTime", "purgeTime", "sessionToken", "session", "account"} {
		delete(answer, volatile)
	}
	data, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", status, data)
}

// made makes something and gives its name.
func (p *person) made(path string, body fields) string {
	p.t.Helper()
	status, answer := p.api(http.MethodPost, path, body)
	name, ok := answer["name"].(string)
	if status != http.StatusOK || !ok {
		p.t.Fatalf("make %s: %d %v", path, status, answer)
	}
	return name
}

func (p *person) madeNote(title string) string {
	return p.made("/v1/notes", fields{"title": title, "text": canaryText})
}

func (p *person) madePad(title string) string { return p.made("/v1/pads", fields{"title": title}) }

// twice posts each of two bodies.
func twice(path string, one, other fields) probe {
	return func(p *person) (string, string) {
		return p.answer(http.MethodPost, path, one), p.answer(http.MethodPost, path, other)
	}
}

// inQuery reads a list with and without a parameter.
func inQuery(path, parameter string) probe {
	return func(p *person) (string, string) {
		p.madeNote("Beans")
		deleted := p.madeNote("Asparagus")
		p.madePad("Recipes")
		gone := p.madePad("Gone")
		p.answer(http.MethodDelete, "/v1/"+deleted, nil)
		p.answer(http.MethodDelete, "/v1/"+gone, nil)
		p.madeNote("Peas")
		p.madePad("Letters")
		return p.answer(http.MethodGet, path, nil), p.answer(http.MethodGet, path+parameter, nil)
	}
}

// reused sends one request id with two different calls: the second is refused, as it is not without the id.
func reused(first, second func(p *person, id string) string) probe {
	return func(p *person) (string, string) {
		id := uuid.NewString()
		first(p, id)
		return second(p, uuid.NewString()), second(p, id)
	}
}
