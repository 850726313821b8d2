// Package env reads a service's settings from environment variables: typed, with every mistake reported at once, and able to print its own
// contract.
//
// A service declares each setting once, by reading it, and asks for the mistakes at the end:
//
//	set := env.New(os.LookupEnv)
//	addr := set.String("NOTES_ADDR", "127.0.0.1:9090", "Where the gRPC server listens.", env.HostPort)
//	workers := set.Int("NOTES_WORKERS", 4, 1, 64, "Requests served at the same time.")
//	err := set.Err()
//
// A variable that is set but empty counts as absent. A mistake names the setting and the rule and never repeats the value: a password that was
// pasted into the wrong variable must not reach a log.
package env

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Lookup finds the value of an environment variable: os.LookupEnv, or a map's in tests and in local.
type Lookup func(name string) (value string, ok bool)

// Map returns a Lookup over a map.
func Map(values map[string]string) Lookup {
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

// Kind is the type of a setting's value.
type Kind string

// The kinds of settings.
const (
	KindString   Kind = "string"
	KindInt      Kind = "integer"
	KindNumber   Kind = "number"
	KindDuration Kind = "duration"
	KindBool     Kind = "boolean"
	KindSecret   Kind = "secret"
)

// Setting describes one setting: a row of the contract.
type Setting struct {
	Name     string
	Kind     Kind
	Required bool   // true: there is no default and the service does not start without it
	Default  string // as one would write it; "" when there is none
	Limits   string // the rule a value must keep; "" when any value will do
	Doc      string // what it means, with its unit
}

// Set collects settings and the mistakes made in them. It is not safe for concurrent use.
type Set struct {
	lookup   Lookup
	settings []Setting
	mistakes Mistakes
}

// New returns an empty Set that reads its values with lookup.
func New(lookup Lookup) *Set {
	return &Set{lookup: lookup}
}

// Mistakes is what is wrong with the settings, one sentence each, in the order in which they were read.
type Mistakes []string

// Error lists all mistakes, one a line.
func (m Mistakes) Error() string {
	return "settings are wrong:\n  " + strings.Join(m, "\n  ")
}

// String reads a text. Its default "" means that it may be empty; checks see only a value that is not.
func (s *Set) String(name, def, doc string, checks ...func(string) error) string {
	if def != "" {
		err := verify(def, checks)
		if err != nil {
			panic(fmt.Sprintf("env: the default of %s %v", name, err))
		}
	}
	return s.text(Setting{Name: name, Kind: KindString, Default: def, Limits: limits(checks), Doc: doc}, checks)
}

// Required reads a text that must be given.
func (s *Set) Required(name, doc string, checks ...func(string) error) string {
	return s.text(Setting{Name: name, Kind: KindString, Required: true, Limits: limits(checks), Doc: doc}, checks)
}

// Int reads a whole number between lowest and highest.
func (s *Set) Int(name string, def, lowest, highest int, doc string) int {
	limits := fmt.Sprintf("%d to %d", lowest, highest)
	if def < lowest || def > highest {
		panic(fmt.Sprintf("env: the default of %s must be %s", name, limits))
	}
	value, given := s.read(Setting{Name: name, Kind: KindInt, Default: strconv.Itoa(def), Limits: limits, Doc: doc})
	if !given {
		return def
	}
	number, err := strconv.Atoi(value)
	if err != nil || number < lowest || number > highest {
		s.mistake(name, "must be a whole number, "+limits)
		return def
	}
	return number
}

// Number reads a number between lowest and highest, with or without a fraction: 0.05.
func (s *Set) Number(name string, def, lowest, highest float64, doc string) float64 {
	limits := decimal(lowest) + " to " + decimal(highest)
	if def < lowest || def > highest {
		panic(fmt.Sprintf("env: the default of %s must be %s", name, limits))
	}
	value, given := s.read(Setting{Name: name, Kind: KindNumber, Default: decimal(def), Limits: limits, Doc: doc})
	if !given {
		return def
	}
	number, err := strconv.ParseFloat(value, 64)
	if err != nil || !(number >= lowest && number <= highest) { // so that what is no number, NaN, is refused
		s.mistake(name, "must be a number, "+limits)
		return def
	}
	return number
}

func decimal(number float64) string { return strconv.FormatFloat(number, 'g', -1, 64) }

// Duration reads a length of time between lowest and highest, written as Go writes it: 250ms, 20s, 2m.
func (s *Set) Duration(name string, def, lowest, highest time.Duration, doc string) time.Duration {
	limits := short(lowest) + " to " + short(highest)
	if def < lowest || def > highest {
		panic(fmt.Sprintf("env: the default of %s must be %s", name, limits))
	}
	value, given := s.read(Setting{Name: name, Kind: KindDuration, Default: short(def), Limits: limits, Doc: doc})
	if !given {
		return def
	}
	duration, err := time.ParseDuration(value)
	if err != nil || duration < lowest || duration > highest {
		s.mistake(name, "must be a duration such as 250ms, 20s or 2m, "+limits)
		return def
	}
	return duration
}

// Bool reads true or false; no other spelling is taken.
func (s *Set) Bool(name string, def bool, doc string) bool {
	value, given := s.read(Setting{Name: name, Kind: KindBool, Default: strconv.FormatBool(def), Limits: "true or false", Doc: doc})
	switch {
	case !given:
		return def
	case value != "true" && value != "false":
		s.mistake(name, "must be true or false")
		return def
	default:
		return value == "true"
	}
}

// Err returns nil, or all mistakes as one error of type Mistakes.
func (s *Set) Err() error {
	if len(s.mistakes) == 0 {
		return nil
	}
	return slices.Clone(s.mistakes)
}

// Settings returns the contract: every setting that was read, in the order in which it was read.
func (s *Set) Settings() []Setting {
	return slices.Clone(s.settings)
}

// Unknown returns the sorted names in environ ("NAME=value", as os.Environ gives them) that start with prefix and "_" and that no setting
// reads: most likely misspelt.
func (s *Set) Unknown(prefix string, environ []string) []string {
	var unknown []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, prefix+"_") && !s.reads(name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

func (s *Set) reads(name string) bool {
	return slices.ContainsFunc(s.settings, func(setting Setting) bool {
		return name == setting.Name || setting.Kind == KindSecret && name == setting.Name+fileSuffix
	})
}

func (s *Set) text(setting Setting, checks []func(string) error) string {
	value, given := s.read(setting)
	if !given {
		if setting.Required {
			s.mistake(setting.Name, "is required")
		}
		return setting.Default
	}
	err := verify(value, checks)
	if err != nil {
		s.mistake(setting.Name, err.Error())
		return setting.Default
	}
	return value
}

// read records the setting and looks its value up. Reading one name twice is a mistake in the program: two rows of the contract would contradict
// each other.
func (s *Set) read(setting Setting) (value string, given bool) {
	if s.reads(setting.Name) {
		panic(fmt.Sprintf("env: %s is read twice", setting.Name))
	}
	s.settings = append(s.settings, setting)
	value, _ = s.lookup(setting.Name)
	return value, value != ""
}

func (s *Set) mistake(name, sentence string) {
	s.mistakes = append(s.mistakes, name+" "+sentence)
}

// short writes a duration without the zero units that Go adds: 2m and not 2m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
