package audit

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/auditinternalpb"
)

func TestFindMissing_NamesWhatIsNotRecordedAndNothingElse(t *testing.T) {
	r := newRig(t)
	server := NewRecordsServer(r.store)
	here := append(r.record(ann, 3), r.record(bob, 2)...)
	gone := []string{uuid.NewString(), uuid.NewString(), "no id at all"}
	ask := func(ids ...string) []string {
		t.Helper()
		response, err := server.FindMissing(t.Context(), &auditinternalpb.FindMissingRequest{EventIds: ids})
		if err != nil {
			t.Fatal(err)
		}
		return response.GetEventIds()
	}
	if diff := cmp.Diff(gone, ask(slices.Concat(here, gone)...)); diff != "" {
		t.Errorf("want and missing differ:\n%s", diff)
	}
	if missing := ask(); len(missing) != 0 {
		t.Errorf("of nothing %v are missing", missing)
	}
	_, err := server.FindMissing(t.Context(), &auditinternalpb.FindMissingRequest{EventIds: make([]string, maxAsked+1)})
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("too many: got %v", err)
	}
}
