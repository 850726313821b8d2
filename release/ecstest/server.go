// Package ecstest is a real HTTP server that speaks the JSON protocol of ECS and of CloudWatch Logs, as far as releases use it. It moves on
// by one step each time that it is asked how something is, so that tests need not wait.
package ecstest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

type object = map[string]any

// Deployment is a service's at one moment.
type Deployment struct {
	Revision string // an ARN; NewRevision stands for that which was asked for last
	Status   string
	Rollout  string
	Running  int
}

// NewRevision stands for the revision of the service's last update.
const NewRevision = "NEW"

// Service is what the server has of one. After an update it has each of Steps in turn, and stays at the last.
type Service struct {
	Desired     int
	Running     string
	Deployments []Deployment
	Steps       [][]Deployment
	Events      []string

	updating bool
}

// Server is the stand-in. Its fields are set before it is asked.
type Server struct {
	Services map[string]*Service
	// Exits are the exit codes of tasks by family; -1 never ends, -2 never starts.
	Exits map[string]int
	// Lines are what tasks logged, by group and stream.
	Lines map[string][]string

	mu          sync.Mutex
	definitions map[string][]object
	calls       []string
	url         string
}

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	s := &Server{Services: map[string]*Service{}, Exits: map[string]int{}, definitions: map[string][]object{}}
	listening := httptest.NewServer(s)
	t.Cleanup(listening.Close)
	s.url = listening.URL
	return s
}

// Client is the SDK's own, with this server for AWS.
func (s *Server) Client() *ecs.Client {
	return ecs.New(ecs.Options{
		Region: "eu-central-1", BaseEndpoint: &s.url, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// Logs is the SDK's own client of CloudWatch Logs, with this server for AWS.
func (s *Server) Logs() *cloudwatchlogs.Client {
	return cloudwatchlogs.New(cloudwatchlogs.Options{
		Region: "eu-central-1", BaseEndpoint: &s.url, RetryMaxAttempts: 1, Credentials: s.Client().Options().Credentials,
	})
}

// Define adds a revision of a family with one container, and gives its ARN.
func (s *Server) Define(family, container, image string, more object) string {
	definition := object{
		"family": family, "cpu": "256", "memory": "512", "networkMode": "awsvpc", "requiresCompatibilities": []any{"FARGATE"},
		"containerDefinitions": []any{object{"name": container, "image": image, "essential": true}},
	}
	for key, value := range more {
		definition[key] = value
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.define(definition)
}

func (s *Server) define(definition object) string {
	family := definition["family"].(string)
	arn := fmt.Sprintf("arn:aws:ecs:eu-central-1:000000000000:task-definition/%s:%d", family, len(s.definitions[family])+1)
	definition["taskDefinitionArn"] = arn
	definition["revision"] = len(s.definitions[family]) + 1
	definition["status"] = "ACTIVE"
	s.definitions[family] = append(s.definitions[family], definition)
	return arn
}

// Definition is the newest revision of a family.
func (s *Server) Definition(family string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.definitions[family]
	return all[len(all)-1]
}

// Calls are the changes that were asked for, in their order.
func (s *Server) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.calls...)
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in object
	err := json.NewDecoder(r.Body).Decode(&in)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	status, out := s.answer(action, in)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(out)
}
