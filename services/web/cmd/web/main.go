// Command web serves Notejam's pages and its REST API.
package main

import (
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/services/web"
)

func main() { service.Main(web.Program()) }
