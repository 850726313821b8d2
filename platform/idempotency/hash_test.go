package idempotency_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

func hashOf(t *testing.T, m proto.Message) []byte {
	t.Helper()
	before := proto.Clone(m)
	sum, err := idempotency.HashRequest(m)
	if err != nil || len(sum) != 32 {
		t.Fatalf("got %d bytes, %v", len(sum), err)
	}
	if !proto.Equal(before, m) {
		t.Fatal("hashing changed the message")
	}
	return sum
}

func TestTheHashTellsRequestsApartButNotTheirIDsAndSecrets(t *testing.T) {
	note := func(title, requestID string) *notespb.CreateNoteRequest {
		return &notespb.CreateNoteRequest{Note: &notespb.Note{Title: title}, RequestId: requestID}
	}
	signUp := func(email, password string) *authpb.SignUpRequest {
		return &authpb.SignUpRequest{Email: email, Password: password}
	}
	for _, c := range []struct {
		name string
		a, b proto.Message
		same bool
	}{
		{"the same fields", note("a", "1"), note("a", "1"), true},
		{"another request_id", note("a", "1"), note("a", "2"), true},
		{"another field", note("a", "1"), note("b", "1"), false},
		{"another secret", signUp("a@example.com", "one"), signUp("a@example.com", "two"), true},
		{"another field beside a secret", signUp("a@example.com", "one"), signUp("b@example.com", "one"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			same := bytes.Equal(hashOf(t, c.a), hashOf(t, c.b))
			if same != c.same {
				t.Errorf("same hash: %v", same)
			}
		})
	}
}

func TestTheKeyOfARequestHoldsItsIDAndHash(t *testing.T) {
	request := &notespb.CreateNoteRequest{Note: &notespb.Note{Title: "a"}, RequestId: "1"}
	got, err := idempotency.NewKey(ann, method, request)
	want := idempotency.Key{Person: ann, RequestID: "1", Method: method, Hash: hashOf(t, request)}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v, want and got differ:\n%s", err, diff)
	}
}

func TestTheHashGoesThroughListsAndMaps(t *testing.T) {
	exchange := func(audience, token string) proto.Message {
		return &authinternalpb.ExchangeSessionResponse{AccessTokens: []*authinternalpb.AccessToken{{Audience: audience, Token: token}}}
	}
	if !bytes.Equal(hashOf(t, exchange("notes", "one")), hashOf(t, exchange("notes", "two"))) {
		t.Error("a secret in a list counts")
	}
	if bytes.Equal(hashOf(t, exchange("notes", "one")), hashOf(t, exchange("audit", "one"))) {
		t.Error("a field in a list does not count")
	}
	value := func(text string) proto.Message {
		return &structpb.Struct{Fields: map[string]*structpb.Value{"a": structpb.NewStringValue(text), "b": structpb.NewNullValue()}}
	}
	if bytes.Equal(hashOf(t, value("one")), hashOf(t, value("two"))) {
		t.Error("a field in a map does not count")
	}
}
