// Command auth is the service that knows who people are.
package main

import (
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/services/auth"
)

func main() { service.Main(auth.Program()) }
