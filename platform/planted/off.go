//go:build !planted

package planted

// Bug tells whether the bug is in this program.
func Bug(string) bool { return false }
