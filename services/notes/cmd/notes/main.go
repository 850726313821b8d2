// Command notes is the service that keeps people's notes and pads.
package main

import (
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/services/notes"
)

func main() { service.Main(notes.Program()) }
