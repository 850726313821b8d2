package mysqltest

import "syscall"

// processAttributes makes the server end with us, and keeps the terminal's Ctrl-C from it: it is stopped in its turn.
func processAttributes(deathSignal syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: deathSignal, Setpgid: true}
}
