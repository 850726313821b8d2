package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/bench/plain"
	"gitlab.com/notejam/notejam/local"
)

// services are started in this order; web is the one that pages are asked of.
var services = []string{"auth", "notes", "audit", "web"}

// side is one of the two that are measured.
type side struct {
	url       string
	processes []*process
}

// rig is everything that runs during a measurement.
type rig struct {
	options Options
	extent  extent
	out     io.Writer
	work    string // absolute

	stack *local.Stack
	rows  *rows
	pages *side // Notejam
	plain *side

	reader    person   // has extent.notes notes in 5 pads
	many, few person   // have as many notes as their names say
	writers   []person // one for each connection, so that none waits for another's row
	noteIDs   []string // the reader's newest

	drained time.Duration // the longest time that events took to reach the trail after a round
}

// starter gives the command line of a service.
type starter func(r *rig, service string) (program string, args []string)

// releaseBinary starts a service's own program.
func releaseBinary(r *rig, service string) (program string, args []string) {
	return r.path("bin", service), nil
}

// startRig brings up the database, the queue and the services, and fills them.
func startRig(ctx context.Context, o Options, start starter) (*rig, error) {
	r := &rig{options: o, extent: o.extent(), out: o.Out, pages: &side{}, plain: &side{}}
	err := r.start(ctx, start)
	if err != nil {
		return nil, errors.Join(err, r.stop(context.WithoutCancel(ctx)))
	}
	return r, nil
}

// start is the parts list.
func (r *rig) start(ctx context.Context, start starter) error {
	var err error
	r.work, err = filepath.Abs(r.options.Work)
	if err != nil {
		return fmt.Errorf("find the folder: %w", err)
	}
	err = errors.Join(emptied(r.path("data")), emptied(r.path("log")))
	if err != nil {
		return err
	}
	r.progress("Building release binaries")
	packages := []string{"./bench/cmd/plain", "./bench/cmd/profiled", "./bench/cmd/proxy"}
	for _, name := range services {
		packages = append(packages, "./services/"+name+"/cmd/"+name)
	}
	err = build(ctx, r.options.Root, r.path("bin"), packages...)
	if err != nil {
		return err
	}
	// Everybody comes from one address. The database keeps its durability, as in `make run`: what a note costs is measured with the disk that keeps it.
	r.stack, err = local.Start(ctx, local.Options{Data: r.path("data"), Progress: r.out, Settings: local.NoLimits()})
	if err != nil {
		return err
	}
	r.rows, err = openRows(ctx, r.stack)
	if err != nil {
		return err
	}
	r.progress("Starting the services")
	err = r.startServices(ctx, start)
	if err != nil {
		return err
	}
	r.pages.url = r.stack.URL()
	r.progress("Filling in %d notes", r.extent.many+r.extent.notes+r.extent.few)
	return r.fill(ctx)
}

// startServices starts one service after the other, each once those that it asks are ready: one that finds nobody there waits a second before it
// looks again, and would answer the first requests with that.
func (r *rig) startServices(ctx context.Context, start starter) error {
	for _, name := range services {
		err := r.startService(ctx, name, start)
		if err != nil {
			return err
		}
	}
	return nil
}

// startService starts a service, in the place of one that was stopped, and waits until it is ready.
func (r *rig) startService(ctx context.Context, name string, start starter) error {
	program, args := start(r, name)
	settings := maps.Clone(r.stack.Settings(name))
	if r.options.MemoryLimit != "" {
		settings["GOMEMLIMIT"] = r.options.MemoryLimit
	}
	p, err := startProcess(ctx, name, settings, r.path("log", name+".log"), program, args...)
	if err != nil {
		return err
	}
	r.pages.processes = append(slices.DeleteFunc(r.pages.processes, func(p *process) bool { return p.name == name }), p)
	return p.waitReady(ctx, "http://"+settings[strings.ToUpper(name)+"_DEBUG_ADDR"]+"/readyz")
}

// process gives a service's.
func (s *side) process(name string) *process {
	return s.processes[slices.IndexFunc(s.processes, func(p *process) bool { return p.name == name })]
}

// startPlain starts the plain process on the rows of notes, with the sessions that were signed in at web.
func (r *rig) startPlain(ctx context.Context) error {
	people := map[string]plain.Person{}
	for _, p := range append([]person{r.reader, r.many, r.few}, r.writers...) {
		people[p.session] = plain.Person{ID: p.id, Email: p.email}
	}
	text, err := json.Marshal(people)
	if err != nil {
		return fmt.Errorf("write who is signed in: %w", err)
	}
	file := r.path("data", "people.json")
	err = os.WriteFile(file, text, 0o600)
	if err != nil {
		return fmt.Errorf("write who is signed in: %w", err)
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return err
	}
	p, err := startProcess(ctx, "plain", r.stack.Settings("notes"), r.path("log", "plain.log"), r.path("bin", "plain"),
		"-addr", addr, "-people", file,
		"-templates", filepath.Join(r.options.Root, "services/web/templates"), "-static", filepath.Join(r.options.Root, "services/web/static"))
	if err != nil {
		return err
	}
	r.plain.url, r.plain.processes = "http://"+addr, []*process{p}
	return p.waitReady(ctx, r.plain.url+"/")
}

// freeAddr finds a loopback address that nobody listens on.
func freeAddr(ctx context.Context) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// stop ends everything that start and startPlain started. Logs stay.
func (r *rig) stop(ctx context.Context) error {
	var errs []error
	for _, s := range []*side{r.plain, r.pages} {
		for i := len(s.processes) - 1; i >= 0; i-- {
			errs = append(errs, s.processes[i].stop())
		}
	}
	if r.rows != nil {
		errs = append(errs, r.rows.close())
	}
	if r.stack != nil {
		bounded, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		errs = append(errs, r.stack.Close(bounded))
	}
	if len(errs) > 0 && errors.Join(errs...) == nil {
		errs = append(errs, os.RemoveAll(r.path("data")))
	}
	return errors.Join(errs...)
}

// database gives the process id of the database server.
func (r *rig) database() (int, error) {
	text, err := os.ReadFile(r.path("data", "database", "server.pid"))
	if err != nil {
		return 0, fmt.Errorf("find the database server: %w", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("find the database server: %w", err)
	}
	return pid, nil
}

func (r *rig) path(parts ...string) string {
	return filepath.Join(append([]string{r.work}, parts...)...)
}
