package notes

import (
	"context"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/planted"
)

// CreateNote makes a note.
func (s *Store) CreateNote(ctx context.Context, key idempotency.Key, draft Draft) (Note, error) {
	at := s.time()
	note := Note{ID: newID(), OwnerID: key.Person, ETag: newETag(), Version: 1, Created: at, Updated: at}
	key.Known = idempotency.Result{Resource: noteName(note.ID), ETag: note.ETag}
	earlier, err := s.write(ctx, key, func(ctx context.Context, tx *mysql.Tx) (change, error) {
		err := validate(ctx, tx, key.Person, &draft)
		if err != nil {
			return change{}, err
		}
		draft.apply(&note)
		err = count(ctx, tx, note.OwnerID, 1, 0)
		if err != nil {
			return change{}, err
		}
		err = movePad(ctx, tx, Note{OwnerID: note.OwnerID}, note)
		if err != nil {
			return change{}, err
		}
		err = insertNote(ctx, tx, note)
		return change{event: eventNoteCreated, name: noteName(note.ID), etag: note.ETag, version: note.Version, at: at}, err
	})
	return s.noteAfter(ctx, key.Person, note, earlier, err)
}

// noteAfter gives the note that a write tells its caller: the one that was written or, for a repeat, the note as it is now.
func (s *Store) noteAfter(ctx context.Context, owner string, note Note, earlier string, err error) (Note, error) {
	if err != nil {
		return Note{}, err
	}
	if earlier == "" {
		return note, nil
	}
	id, _ := noteID(earlier)
	return s.Note(ctx, owner, id)
}

// UpdateNote changes a live note as the draft says. An etag that is given must be the note's.
func (s *Store) UpdateNote(ctx context.Context, key idempotency.Key, id, etag string, draft Draft) (Note, error) {
	var note Note
	earlier, err := s.write(ctx, key, func(ctx context.Context, tx *mysql.Tx) (change, error) {
		if draft.Pad != nil {
			err := lockPerson(ctx, tx, key.Person)
			if err != nil {
				return change{}, err
			}
		}
		var err error
		note, err = lockLiveNote(ctx, tx, key.Person, id)
		if err != nil {
			return change{}, err
		}
		err = validate(ctx, tx, key.Person, &draft)
		if err != nil {
			return change{}, err
		}
		if etag != "" && etag != note.ETag && !planted.Bug(planted.EtagIgnored) {
			return change{}, errNoteChanged.WithMetadata("etag", note.ETag)
		}
		before := note
		fields := draft.apply(&note)
		note.Updated = s.time()
		err = movePad(ctx, tx, before, note)
		if err != nil {
			return change{}, err
		}
		err = saveNote(ctx, tx, &note)
		return change{
			event: eventNoteUpdated, name: noteName(note.ID), etag: note.ETag, version: note.Version, at: note.Updated, data: changed(fields),
		}, err
	})
	return s.noteAfter(ctx, key.Person, note, earlier, err)
}

// validate says everything that is wrong with a draft: with the other mistakes also that its pad is not there, which movePad finds when there are none.
func validate(ctx context.Context, tx *mysql.Tx, owner string, draft *Draft) error {
	wrong := draft.Validate()
	if len(wrong) == 0 {
		return nil
	}
	pad := draft.padID()
	if pad != "" {
		live, err := addToPad(ctx, tx, owner, pad, 0)
		if err != nil {
			return err
		}
		if !live {
			wrong = append(wrong, wrongPad)
		}
	}
	return fault.InvalidFields(wrong...)
}

// movePad counts a note out of the pad that it leaves and into the one that it enters.
func movePad(ctx context.Context, tx *mysql.Tx, before, after Note) error {
	if before.PadID == after.PadID {
		return nil
	}
	if before.PadID != "" {
		_, err := addToPad(ctx, tx, before.OwnerID, before.PadID, -1)
		if err != nil {
			return err
		}
	}
	if after.PadID == "" {
		return nil
	}
	live, err := addToPad(ctx, tx, after.OwnerID, after.PadID, 1)
	if err != nil {
		return err
	}
	if !live {
		return fault.InvalidFields(wrongPad)
	}
	return nil
}
