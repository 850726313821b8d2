package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// program is somebody who uses the REST door.
type program struct {
	http       *http.Client
	url, token string
}

// callTime is far more than any call takes.
const callTime = 10 * time.Second

// fill signs two people up and has them write, move and delete, so that every
// table has rows of every sort; then it waits for the trail.
func fill(ctx context.Context, url string) error {
	events := 0
	for _, name := range []string{"ann", "bob"} {
		p := &program{http: &http.Client{Timeout: callTime}, url: url}
		who := map[string]any{"email": name + "@example.test", "password": "a long enough password"}
		_, err := p.call(ctx, http.MethodPost, "/v1/auth:signUp", who)
		if err != nil {
			return err
		}
		session, err := p.call(ctx, http.MethodPost, "/v1/auth:signIn", who)
		if err != nil {
			return err
		}
		p.token, _ = session["sessionToken"].(string)
		err = p.write(ctx)
		if err != nil {
			return err
		}
		events, err = p.countActivities(ctx)
		for err == nil && events < 10 {
			select {
			case <-ctx.Done():
				return errors.New("the trail is not complete in time")
			case <-time.After(100 * time.Millisecond):
			}
			events, err = p.countActivities(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// write leaves two pads, five notes, one of them deleted, and one deleted pad.
func (p *program) write(ctx context.Context) error {
	var pads []string
	for _, title := range []string{"Work", "Gone"} {
		pad, err := p.call(ctx, http.MethodPost, "/v1/pads", map[string]any{"title": title})
		if err != nil {
			return err
		}
		name, _ := pad["name"].(string)
		pads = append(pads, name)
	}
	var notes []string
	for i, pad := range []string{"", pads[0], pads[0], pads[1]} {
		note, err := p.call(ctx, http.MethodPost, "/v1/notes",
			map[string]any{"title": fmt.Sprintf("Note %d ✎", i), "text": "line one\nline two", "pad": pad})
		if err != nil {
			return err
		}
		name, _ := note["name"].(string)
		notes = append(notes, name)
	}
	for _, step := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPatch, "/v1/" + notes[0], map[string]any{"text": "changed"}},
		{http.MethodDelete, "/v1/" + notes[1], nil},
		{http.MethodDelete, "/v1/" + pads[1] + "?force=true", nil},
	} {
		_, err := p.call(ctx, step.method, step.path, step.body)
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *program) countActivities(ctx context.Context) (int, error) {
	page, err := p.call(ctx, http.MethodGet, "/v1/activities?page_size=100", nil)
	list, _ := page["activities"].([]any)
	return len(list), err
}

func (p *program) call(ctx context.Context, method, path string, body any) (map[string]any, error) {
	var content io.Reader = http.NoBody
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode: %w", err)
		}
		content = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, content)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("call: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer := map[string]any{}
	err = json.NewDecoder(resp.Body).Decode(&answer)
	if err != nil {
		return nil, fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %d %v", method, path, resp.StatusCode, answer)
	}
	return answer, nil
}
