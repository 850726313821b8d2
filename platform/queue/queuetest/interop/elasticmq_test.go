//go:build interop

package interop_test

import (
	"path/filepath"
	"regexp"
	"testing"

	"gitlab.com/notejam/notejam/platform/queue/queuetest/conformance"
)

var elasticMQListens = regexp.MustCompile(`Started SQS rest server, bind address (127\.0\.0\.1:\d+)`)

func TestElasticMQ_DoesWhatSQSDoes(t *testing.T) {
	jars := folder(t, "NOTEJAM_ELASTICMQ_JARS", "the jars of elasticmq-server and of what it needs")
	address := start(t, elasticMQListens, "java",
		"-cp", filepath.Join(jars, "*"),
		"-Drest-sqs.bind-hostname=127.0.0.1",
		"-Drest-sqs.bind-port=0",
		"-Dgenerate-node-address=true", // in the queues' URLs
		"-Drest-stats.enabled=false",
		"org.elasticmq.server.Main",
	)
	conformance.Run(t, conformance.Target{Endpoint: "http://" + address, Differs: conformance.ElasticMQDiffers})
}
