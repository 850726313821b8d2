//go:build interop

package interop_test

import (
	"path/filepath"
	"regexp"
	"testing"

	"gitlab.com/notejam/notejam/platform/queue/queuetest/conformance"
)

var motoListens = regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)`)

func TestMoto_DoesWhatSQSDoes(t *testing.T) {
	environment := folder(t, "NOTEJAM_MOTO_SERVER", "the Python environment that has moto[server]")
	endpoint := start(t, motoListens, filepath.Join(environment, "bin", "moto_server"), "-H", "127.0.0.1", "-p", "0")
	conformance.Run(t, conformance.Target{Endpoint: endpoint, Differs: conformance.MotoDiffers})
}
