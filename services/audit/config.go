package audit

import (
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/emf"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/pagetoken"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/tracing"
)

// maxOpen is the default number of database connections: some for the
// consumer's workers, the rest for readers.
const maxOpen = workers + 7

// config is all that the service can be told from outside.
type config struct {
	Addr         string
	Tracing      tracing.Config
	EMF          emf.Config
	AuthTarget   string
	TLS          rpc.TLSFiles
	Reflection   bool
	Database     mysql.Config
	grantTo      string // for the contract; the command migrate has a use for it
	Queue        queue.Config
	deadLetters  string // empty: none are counted; commands read it with readQueues
	Visibility   time.Duration
	PageTokenKey env.Secret

	CheckpointKey     env.Secret
	CheckpointOldKeys string
	CheckpointEvery   time.Duration
}

func readConfig(s *env.Set) config {
	c := config{
		Addr:       s.String("AUDIT_GRPC_ADDR", "127.0.0.1:9090", "Where the gRPC server listens.", env.HostPort),
		AuthTarget: s.Required("AUDIT_AUTH_TARGET", "gRPC target of auth, which publishes the keys of access tokens, such as dns:///auth:9090."),
		Tracing:    tracing.Settings(s, "AUDIT"),
		EMF:        emf.Settings(s, "AUDIT"),
		TLS:        rpc.TLSSettings(s, "AUDIT"),
		Reflection: rpc.ReflectionSetting(s, "AUDIT"),
		Database:   mysql.ServiceSettings(s, "AUDIT", maxOpen),
		grantTo:    mysql.GrantTo(s, "AUDIT"),
		Queue:      queue.Settings(s, "AUDIT"),

		deadLetters: s.String(deadLettersName, "", deadLettersDoc, env.URL),
		Visibility: s.Duration("AUDIT_QUEUE_VISIBILITY", time.Minute, time.Second, 10*time.Minute,
			"How long a received message is hidden from other replicas, and so how long the messages of one that crashed wait. Extended while one is worked on."),
		PageTokenKey: s.Secret("AUDIT_PAGE_TOKEN_KEY", fmt.Sprintf("Seals page tokens: at least %d random characters, the same in every replica.", pagetoken.MinKey)),
		CheckpointEvery: s.Duration("AUDIT_CHECKPOINT_EVERY", time.Hour, time.Second, 24*time.Hour,
			"How often the chains that have grown are signed, ± 20 %."),
	}
	c.readKeys(s)
	return c
}

// readKeys reads what commands need as well.
func (c *config) readKeys(s *env.Set) {
	c.CheckpointKey = s.OptionalSecret("AUDIT_CHECKPOINT_KEY",
		"Signs checkpoints of the trail: 32 random bytes in base64, the same in every replica, an Ed25519 seed. Without it none are signed.")
	c.CheckpointOldKeys = s.String("AUDIT_CHECKPOINT_OLD_KEYS", "",
		"Public keys whose checkpoints count besides: 32 bytes in base64 each, with commas between. Every key that ever signed belongs here.")
}

const (
	deadLettersName = "AUDIT_QUEUE_DLQ_URL"
	deadLettersDoc  = "URL of the queue's dead-letter queue. With it the service tells how many messages wait there; the commands `audit dlq` require it."
)

// readQueues reads what the commands about dead letters need, and no more.
func readQueues(s *env.Set) (source, dead queue.Config) {
	source = queue.Settings(s, "AUDIT")
	dead = source
	dead.URL = s.Required(deadLettersName, deadLettersDoc, env.URL)
	return source, dead
}

// keys are those of checkpoints.
func (c config) keys() (*Keys, error) {
	keys, err := NewKeys(c.CheckpointKey, c.CheckpointOldKeys)
	if err != nil {
		return nil, env.Mistakes{"AUDIT_CHECKPOINT_KEY or AUDIT_CHECKPOINT_OLD_KEYS is wrong: " + err.Error()}
	}
	return keys, nil
}

// check is what one setting alone cannot say.
func (c config) check() error {
	if len(c.PageTokenKey.Reveal()) < pagetoken.MinKey {
		return fmt.Errorf("AUDIT_PAGE_TOKEN_KEY must have at least %d characters", pagetoken.MinKey)
	}
	if c.deadLetters == c.Queue.URL {
		return errSameQueue
	}
	return nil
}

// errSameQueue is for somebody who copied a setting.
var errSameQueue = env.Mistakes{deadLettersName + " must be another queue than AUDIT_QUEUE_URL"}
