// Command audit is the service that keeps the trail of what happened.
package main

import (
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/services/audit"
)

func main() { service.Main(audit.Program()) }
