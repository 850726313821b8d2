//go:build !linux

package mysqltest

import "syscall"

// processAttributes keeps the terminal's Ctrl-C from the server: it is stopped in its turn. Only Linux can tie its end to ours.
func processAttributes(syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
