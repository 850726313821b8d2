package mysqltest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

// The variable that makes this test binary a process that starts a server in the folder it names, and then waits to be killed.
const ownerFolder = "NOTEJAM_TEST_OWNER_FOLDER"

func TestMain(m *testing.M) {
	if os.Getenv(ownerFolder) == "" {
		mysqltest.Main(m)
		return
	}
	fast := os.Getenv(ownerFolder+"_FAST") != ""
	server, err := mysqltest.StartServer(context.Background(), mysqltest.ServerConfig{Dir: os.Getenv(ownerFolder), Fast: fast})
	if err != nil {
		_, _ = fmt.Fprintln(os.Stdout, err)
		return
	}
	_, _ = fmt.Fprintln(os.Stdout, "server", server.PID)
	<-server.Done()
}

// And its folder can be used at once.
func TestAServerDiesWithItsOwner(t *testing.T) {
	t.Parallel()
	for name, fast := range map[string]string{"fast, killed": "1", "shut down": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			owner := exec.CommandContext(t.Context(), os.Args[0])
			owner.Env = append(os.Environ(), ownerFolder+"="+dir, ownerFolder+"_FAST="+fast)
			output, err := owner.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			err = owner.Start()
			if err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(output).ReadString('\n')
			var pid int
			_, scanErr := fmt.Sscanf(line, "server %d", &pid)
			if err != nil || scanErr != nil {
				t.Fatalf("the owner said %q, %v", line, err)
			}
			err = owner.Process.Kill()
			if err != nil {
				t.Fatal(err)
			}
			_ = owner.Wait() // it was killed
			server := start(t, mysqltest.ServerConfig{Dir: dir})
			if alive(pid) {
				t.Error("the owner's server is still there")
			}
			if server.PID == pid {
				t.Error("it is the same process")
			}
			log, err := os.ReadFile(dir + "/server.log.1")
			if err != nil {
				t.Fatal(err)
			}
			if orderly := strings.Contains(string(log), "hutdown complete"); orderly == (fast != "") {
				t.Errorf("orderly shutdown: %t; the log of the owner's server:\n%s", orderly, log)
			}
		})
	}
}

// alive waits a moment for the process to be reaped, by whoever has adopted it.
func alive(pid int) bool {
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for range 500 {
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || err == nil && strings.Contains(string(state), ") Z ") {
			return false
		}
		<-poll.C
	}
	return true
}
