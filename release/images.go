package release

import (
	"encoding/json"
	"fmt"
	"os"
)

// ImagesFile names each service's image by its digest; the pipeline hands it from stage to stage.
const ImagesFile = "images.json"

// Images are by service; setup, which makes the database's users, is among them.
type Images map[string]Image

// Image is what a service's code was made into.
type Image struct {
	Image string `json:"image"` // REGISTRY/SERVICE@sha256:…
	Hash  string `json:"hash"`  // of the code
}

// ReadImages reads ImagesFile.
func ReadImages(path string) (Images, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the pipeline says where it is
	if err != nil {
		return nil, fmt.Errorf("read the images: %w", err)
	}
	var images Images
	err = json.Unmarshal(text, &images)
	if err != nil {
		return nil, fmt.Errorf("read the images in %s: %w", path, err)
	}
	return images, nil
}

// Write writes ImagesFile.
func (i Images) Write(path string) error {
	text, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return fmt.Errorf("write the images: %w", err)
	}
	err = os.WriteFile(path, append(text, '\n'), 0o644) //nolint:gosec // it is no secret
	if err != nil {
		return fmt.Errorf("write the images: %w", err)
	}
	return nil
}
