package notes

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

func TestANewNoteIsKeptAsAnsweredTrimmedAndWithLineFeeds(t *testing.T) {
	p := startSystem(t).person()
	pad := p.pad("Pad")
	got := must(p.notes.CreateNote(p.ctx(), &notespb.CreateNoteRequest{Note: &notespb.Note{
		Title: "  Title\u00a0", Text: " a\r\nb\rc\x00<b>", Pad: pad.GetName(),
		// What the service decides is ignored.
		Name: "notes/1", Snippet: "x", Etag: "x", CreateTime: timestamppb.New(time.Unix(0, 0)), DeleteTime: timestamppb.New(time.Unix(0, 0)),
	}}))(t)
	now := timestamppb.New(p.clock.Now())
	want := &notespb.Note{
		Title: "Title", Text: " a\nb\nc\x00<b>", Pad: pad.GetName(), Name: got.GetName(), Etag: got.GetEtag(), CreateTime: now, UpdateTime: now,
	}
	wantSame(t, want, got)
	wantSame(t, want, p.get(got))
	if _, ok := noteID(got.GetName()); !ok || len(got.GetEtag()) != 32 {
		t.Errorf("name %q, etag %q", got.GetName(), got.GetEtag())
	}
}

func TestANewNoteWithWrongFieldsIsRefusedWithASentenceForEach(t *testing.T) {
	s := startSystem(t)
	p, other := s.person(), s.person()
	foreign, deleted, own := other.pad("Foreign").GetName(), p.pad("Deleted").GetName(), p.pad("Own").GetName()
	must(p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: deleted}))(t)
	const required, pads = "This field is required.", "note.pad: Choose one of your pads."
	for name, c := range map[string]struct {
		note *notespb.Note
		want []string
	}{
		"no note at all":   {nil, []string{"note.title: " + required, "note.text: " + required}},
		"no title":         {&notespb.Note{Text: "a", Pad: own}, []string{"note.title: " + required}},
		"a blank text":     {&notespb.Note{Title: "a", Text: " \r\n"}, []string{"note.text: " + required}},
		"a long title":     {&notespb.Note{Title: strings.Repeat("é", 101), Text: "a"}, []string{"note.title: Use at most 100 characters."}},
		"an odd title":     {&notespb.Note{Title: "a\u202eb", Text: "a"}, []string{"note.title: Do not use control characters."}},
		"a long text":      {&notespb.Note{Title: "a", Text: strings.Repeat("a", maxText+1)}, []string{"note.text: Use at most 256 KB of text."}},
		"a foreign pad":    {&notespb.Note{Title: "a", Text: "a", Pad: foreign}, []string{pads}},
		"an unknown pad":   {&notespb.Note{Title: "a", Text: "a", Pad: padName(newID())}, []string{pads}},
		"a deleted pad":    {&notespb.Note{Title: "a", Text: "a", Pad: deleted}, []string{pads}},
		"no name of a pad": {&notespb.Note{Title: "a", Text: "a", Pad: "pads/'; --"}, []string{pads}},
		"all of it":        {&notespb.Note{Pad: foreign}, []string{"note.title: " + required, "note.text: " + required, pads}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := p.notes.CreateNote(p.ctx(), &notespb.CreateNoteRequest{Note: c.note})
			wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, c.want...)
		})
	}
	if n := s.number(`SELECT COUNT(*) FROM notes`) + s.number(`SELECT SUM(note_count) FROM people`); n != 0 {
		t.Errorf("%d notes and counts are left", n)
	}
}

func TestTheLargestNoteFits(t *testing.T) {
	p := startSystem(t).person()
	note := &notespb.Note{Title: strings.Repeat("🜁", 100), Text: strings.Repeat("🜁", maxText/4)}
	made := must(p.notes.CreateNote(p.ctx(), &notespb.CreateNoteRequest{Note: note}))(t)
	got := p.get(made)
	if got.GetTitle() != note.GetTitle() || got.GetText() != note.GetText() {
		t.Error("it is not read back as it was")
	}
}

// resourceCalls are the calls that name a note or a pad, for a person who may not see it. A test walks the descriptors for those that are missing.
func (p *person) resourceCalls(note, pad string) map[string]func() error {
	id := requestID()
	return map[string]func() error{
		"NotesService/GetNote": func() error {
			_, err := p.notes.GetNote(p.ctx(), &notespb.GetNoteRequest{Name: note})
			return err
		},
		"NotesService/UpdateNote": func() error {
			_, err := p.notes.UpdateNote(p.ctx(), &notespb.UpdateNoteRequest{Note: &notespb.Note{Name: note, Title: "mine"}, RequestId: id})
			return err
		},
		"NotesService/UpdateNote with wrong fields": func() error {
			_, err := p.notes.UpdateNote(p.ctx(), &notespb.UpdateNoteRequest{
				Note: &notespb.Note{Name: note}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"*"}}, RequestId: id,
			})
			return err
		},
		"NotesService/DeleteNote": func() error {
			_, err := p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: note, RequestId: id})
			return err
		},
		"NotesService/UndeleteNote": func() error {
			_, err := p.notes.UndeleteNote(p.ctx(), &notespb.UndeleteNoteRequest{Name: note, RequestId: id})
			return err
		},
		"PagesService/GetNotePage": func() error {
			_, err := p.pages.GetNotePage(p.ctx(), &notesinternalpb.GetNotePageRequest{Name: note})
			return err
		},
		"PadsService/GetPad": func() error {
			_, err := p.pads.GetPad(p.ctx(), &notespb.GetPadRequest{Name: pad})
			return err
		},
		"PadsService/UpdatePad": func() error {
			_, err := p.pads.UpdatePad(p.ctx(), &notespb.UpdatePadRequest{Pad: &notespb.Pad{Name: pad, Title: "mine"}, RequestId: id})
			return err
		},
		"PadsService/UpdatePad with wrong fields": func() error {
			_, err := p.pads.UpdatePad(p.ctx(), &notespb.UpdatePadRequest{Pad: &notespb.Pad{Name: pad}, RequestId: id})
			return err
		},
		"PadsService/DeletePad": func() error {
			_, err := p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: pad, Force: true, RequestId: id})
			return err
		},
		"PadsService/UndeletePad": func() error {
			_, err := p.pads.UndeletePad(p.ctx(), &notespb.UndeletePadRequest{Name: pad, RequestId: id})
			return err
		},
		"PagesService/GetNotesPage": func() error {
			_, err := p.pages.GetNotesPage(p.ctx(), &notesinternalpb.GetNotesPageRequest{Pad: pad})
			return err
		},
	}
}

func TestWhatBelongsToSomebodyElseIsNotFoundExactlyLikeWhatDoesNotExist(t *testing.T) {
	s := startSystem(t)
	owner, stranger := s.person(), s.person()
	stranger.note("so that there is a row of the stranger's", stranger.pad("pad"))
	pad := owner.pad("Pad")
	note := owner.note("Note", pad)
	deletedPad := owner.pad("Deleted")
	deleted := owner.note("Deleted", deletedPad)
	must(owner.pads.DeletePad(owner.ctx(), &notespb.DeletePadRequest{Name: deletedPad.GetName(), Force: true}))(t)

	nowhere := stranger.resourceCalls(noteName(newID()), padName(newID()))
	foreign := stranger.resourceCalls(note.GetName(), pad.GetName())
	foreignDeleted := stranger.resourceCalls(deleted.GetName(), deletedPad.GetName())
	malformed := stranger.resourceCalls("notes/1' OR 'a'='a", "pads/%")
	for name, call := range nowhere {
		t.Run(name, func(t *testing.T) {
			err := call()
			reason := ReasonNoteNotFound
			if strings.HasPrefix(name, "PadsService") || name == "PagesService/GetNotesPage" {
				reason = ReasonPadNotFound
			}
			wantFault(t, err, fault.NotFound, reason)
			for what, other := range map[string]func() error{"foreign": foreign[name], "deleted": foreignDeleted[name], "malformed": malformed[name]} {
				if diff := cmp.Diff(onTheWire(t, err), onTheWire(t, other())); diff != "" {
					t.Errorf("%s differs on the wire:\n%s", what, diff)
				}
			}
		})
	}
	wantSame(t, note, owner.get(note))
	if got := owner.getPad(pad); got.GetTitle() != "Pad" || got.GetNoteCount() != 1 || got.GetDeleteTime() != nil {
		t.Errorf("the pad was touched: %v", got)
	}
}

func TestAnUpdateChangesTheFieldsOfItsMask(t *testing.T) {
	p := startSystem(t).person()
	from, to := p.pad("From"), p.pad("To")
	all := &notespb.Note{Title: "New", Text: "new", Pad: to.GetName()}
	for name, c := range map[string]struct {
		note  *notespb.Note
		mask  []string
		want  *notespb.Note // title, text and pad afterwards
		wrong []string
	}{
		"one path":                              {all, []string{"title"}, &notespb.Note{Title: "New", Text: "old", Pad: from.GetName()}, nil},
		"two paths":                             {all, []string{"text", "pad"}, &notespb.Note{Title: "Old", Text: "new", Pad: to.GetName()}, nil},
		"an empty pad in the mask is no pad":    {&notespb.Note{}, []string{"pad"}, &notespb.Note{Title: "Old", Text: "old"}, nil},
		"a star is everything":                  {all, []string{"*"}, all, nil},
		"a star with empty fields":              {&notespb.Note{Text: "new"}, []string{"*"}, nil, []string{"note.title: This field is required."}},
		"no mask is all that is not empty":      {&notespb.Note{Text: "new"}, nil, &notespb.Note{Title: "Old", Text: "new", Pad: from.GetName()}, nil},
		"no mask and everything":                {all, nil, all, nil},
		"name and etag only say which":          {all, []string{"title", "name", "etag"}, &notespb.Note{Title: "New", Text: "old", Pad: from.GetName()}, nil},
		"an unknown path":                       {all, []string{"title", "colour"}, nil, []string{"update_mask: Use title, text, pad or *."}},
		"a field that the service decides":      {all, []string{"create_time"}, nil, []string{"update_mask: Use title, text, pad or *."}},
		"a wrong field":                         {&notespb.Note{Title: "a\nb"}, []string{"title"}, nil, []string{"note.title: Do not use control characters."}},
		"a wrong field outside the mask":        {&notespb.Note{Title: "a\nb", Text: "new"}, []string{"text"}, &notespb.Note{Title: "Old", Text: "new", Pad: from.GetName()}, nil},
		"a pad that is not there":               {&notespb.Note{Pad: padName(newID())}, []string{"pad"}, nil, []string{"note.pad: Choose one of your pads."}},
		"two wrong fields, one of them the pad": {&notespb.Note{Pad: padName(newID())}, []string{"pad", "text"}, nil, []string{"note.text: This field is required.", "note.pad: Choose one of your pads."}},
	} {
		t.Run(name, func(t *testing.T) {
			before := must(p.notes.CreateNote(p.ctx(), &notespb.CreateNoteRequest{Note: &notespb.Note{Title: "Old", Text: "old", Pad: from.GetName()}}))(t)
			change := &notespb.Note{Name: before.GetName(), Title: c.note.GetTitle(), Text: c.note.GetText(), Pad: c.note.GetPad()}
			request := &notespb.UpdateNoteRequest{Note: change}
			if c.mask != nil {
				request.UpdateMask = &fieldmaskpb.FieldMask{Paths: c.mask}
			}
			p.clock.Move(time.Minute)
			got, err := p.notes.UpdateNote(p.ctx(), request)
			if c.wrong != nil {
				wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, c.wrong...)
				wantSame(t, before, p.get(before))
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := &notespb.Note{
				Name: before.GetName(), Title: c.want.GetTitle(), Text: c.want.GetText(), Pad: c.want.GetPad(), Etag: got.GetEtag(),
				CreateTime: before.GetCreateTime(), UpdateTime: timestamppb.New(p.clock.Now()),
			}
			wantSame(t, want, got)
			wantSame(t, want, p.get(before))
			if got.GetEtag() == before.GetEtag() {
				t.Error("the etag is the old one")
			}
		})
	}
}

func TestAWriteWithAnOldEtagIsAbortedAndToldTheNewOne(t *testing.T) {
	p := startSystem(t).person()
	read, readPad := p.note("Note"), p.pad("Pad")
	now := must(p.notes.UpdateNote(p.ctx(), &notespb.UpdateNoteRequest{Note: &notespb.Note{Name: read.GetName(), Title: "Newer", Etag: read.GetEtag()}}))(t)
	padNow := must(p.pads.UpdatePad(p.ctx(), &notespb.UpdatePadRequest{Pad: &notespb.Pad{Name: readPad.GetName(), Title: "Newer"}}))(t)
	for name, c := range map[string]struct {
		call func() error
		etag string
	}{
		"UpdateNote": {func() error {
			_, err := p.notes.UpdateNote(p.ctx(), &notespb.UpdateNoteRequest{Note: &notespb.Note{Name: read.GetName(), Title: "Mine", Etag: read.GetEtag()}})
			return err
		}, now.GetEtag()},
		"DeleteNote": {func() error {
			_, err := p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: read.GetName(), Etag: read.GetEtag()})
			return err
		}, now.GetEtag()},
		"UpdatePad": {func() error {
			_, err := p.pads.UpdatePad(p.ctx(), &notespb.UpdatePadRequest{Pad: &notespb.Pad{Name: readPad.GetName(), Title: "Mine", Etag: readPad.GetEtag()}})
			return err
		}, padNow.GetEtag()},
		"DeletePad": {func() error {
			_, err := p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: readPad.GetName(), Etag: readPad.GetEtag()})
			return err
		}, padNow.GetEtag()},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.call()
			wantFault(t, err, fault.Aborted, fault.ReasonEtagMismatch)
			e, _ := fault.As(err)
			if e.Metadata["etag"] != c.etag {
				t.Errorf("told %q, it is %q", e.Metadata["etag"], c.etag)
			}
		})
	}
	wantSame(t, now, p.get(read))
	wantSame(t, padNow, p.getPad(readPad))
}

func TestADeletedNoteIsKeptForItsRetentionAndCanBeRestored(t *testing.T) {
	p := startSystem(t).person()
	pad := p.pad("Pad")
	note := p.note("Note", pad)
	p.clock.Move(time.Hour)
	deleted := must(p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: note.GetName(), Etag: note.GetEtag()}))(t)
	want := proto.CloneOf(note)
	want.Etag = deleted.GetEtag()
	want.DeleteTime, want.PurgeTime = timestamppb.New(p.clock.Now()), timestamppb.New(p.clock.Now().Add(testRetention))
	wantSame(t, want, deleted)
	wantSame(t, want, p.get(note))
	if n := p.getPad(pad).GetNoteCount(); n != 0 {
		t.Errorf("its pad counts %d notes", n)
	}
	_, err := p.notes.UpdateNote(p.ctx(), &notespb.UpdateNoteRequest{Note: &notespb.Note{Name: note.GetName(), Title: "New"}})
	wantFault(t, err, fault.NotFound, ReasonNoteNotFound)
	_, err = p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: note.GetName()})
	wantFault(t, err, fault.NotFound, ReasonNoteNotFound)

	p.clock.Move(time.Hour)
	restored := must(p.notes.UndeleteNote(p.ctx(), &notespb.UndeleteNoteRequest{Name: note.GetName()}))(t)
	wantSame(t, note, restored, protocmp.IgnoreFields(&notespb.Note{}, "etag"))
	wantSame(t, restored, p.get(note))
	if n := p.getPad(pad).GetNoteCount(); n != 1 {
		t.Errorf("its pad counts %d notes", n)
	}
	_, err = p.notes.UndeleteNote(p.ctx(), &notespb.UndeleteNoteRequest{Name: note.GetName()})
	wantFault(t, err, fault.Precondition, ReasonNotDeleted)
}

func TestANoteWhosePadIsGoneComesBackInNoPad(t *testing.T) {
	p := startSystem(t).person()
	pad := p.pad("Pad")
	note := p.note("Note", pad)
	must(p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: pad.GetName(), Force: true}))(t)
	restored := must(p.notes.UndeleteNote(p.ctx(), &notespb.UndeleteNoteRequest{Name: note.GetName()}))(t)
	if restored.GetPad() != "" || restored.GetDeleteTime() != nil {
		t.Errorf("got %v", restored)
	}
	// And there it stays when the pad comes back.
	back := must(p.pads.UndeletePad(p.ctx(), &notespb.UndeletePadRequest{Name: pad.GetName()}))(t)
	wantSame(t, restored, p.get(note))
	if back.GetNoteCount() != 0 {
		t.Errorf("the pad counts %d notes", back.GetNoteCount())
	}
}
