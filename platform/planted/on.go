//go:build planted

package planted

import "os"

// bug is the one that this process has.
var bug = os.Getenv("NOTEJAM_PLANTED_BUG")

// Bug tells whether the bug is in this program.
func Bug(name string) bool { return name == bug }
