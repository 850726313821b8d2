package mail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	gomail "github.com/wneessen/go-mail"
)

// folder keeps each mail as a file, <id>.eml. Files are written elsewhere first: one that has that name is whole.
type folder string

func (f folder) deliver(_ context.Context, id string, msg *gomail.Msg) error {
	file, err := os.CreateTemp(string(f), ".unfinished-*")
	if err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	_, err = msg.WriteTo(file)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), filepath.Join(string(f), id+".eml"))
	}
	if err != nil {
		return fmt.Errorf("write mail: %w", errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}
