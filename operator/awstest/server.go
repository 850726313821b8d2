// Package awstest is a real HTTP server that speaks the protocols of AWS, as far as an operator's commands use it.
package awstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

type object = map[string]any

// Parameter is one as SSM has it.
type Parameter struct{ Value, Type, Key, Tier string }

// Server is the stand-in. Its fields are set before it is asked.
type Server struct {
	Account    string // whose credentials they are
	Buckets    []string
	Objects    map[string]string // by bucket and key
	Connection string            // its status
	Zone       string            // with its dot
	Servers    []string          // of the zone

	mu         sync.Mutex
	parameters map[string]Parameter
	puts       []string
	url        string
}

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	s := &Server{parameters: map[string]Parameter{}}
	listening := httptest.NewServer(s)
	t.Cleanup(listening.Close)
	s.url = listening.URL
	return s
}

// Config is what clients of the SDK are made from, with this server for AWS.
func (s *Server) Config() aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &s.url, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

// Set puts a parameter there.
func (s *Server) Set(name string, p Parameter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parameters[name] = p
}

// Parameter gives one, empty if there is none.
func (s *Server) Parameter(name string) Parameter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.parameters[name]
}

// Puts are the names of what was put, in order.
func (s *Server) Puts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.puts...)
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	target := r.Header.Get("X-Amz-Target")
	switch {
	case target != "":
		s.json(w, r, target[strings.LastIndex(target, ".")+1:])
	case r.Method == http.MethodHead:
		s.bucket(w, r)
	case s.Objects[r.URL.Path] != "":
		_, _ = w.Write([]byte(s.Objects[r.URL.Path]))
	case r.Method == http.MethodPost:
		_, _ = fmt.Fprintf(w, identity, s.Account, s.Account)
	case strings.HasSuffix(r.URL.Path, "/hostedzonesbyname") && s.Zone != "":
		_, _ = fmt.Fprintf(w, zones, s.Zone)
	case strings.HasSuffix(r.URL.Path, "/hostedzonesbyname"):
		_, _ = fmt.Fprintf(w, zones, "another.example.org.")
	case strings.Contains(r.URL.Path, "/hostedzone/"):
		_, _ = fmt.Fprintf(w, zone, s.Zone, "<NameServer>"+strings.Join(s.Servers, "</NameServer><NameServer>")+"</NameServer>")
	default:
		http.Error(w, "the stand-in does not know this", http.StatusNotImplemented)
	}
}

// What those parts of AWS answer that speak XML.
const (
	identity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>` +
		`<Arn>arn:aws:iam::%s:user/test</Arn><UserId>test</UserId><Account>%s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
	zones = `<ListHostedZonesByNameResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZones><HostedZone>` +
		`<Id>/hostedzone/Z1</Id><Name>%s</Name><CallerReference>test</CallerReference></HostedZone></HostedZones>` +
		`<IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesByNameResponse>`
	zone = `<GetHostedZoneResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZone><Id>/hostedzone/Z1</Id><Name>%s</Name>` +
		`<CallerReference>test</CallerReference></HostedZone><DelegationSet><NameServers>%s</NameServers></DelegationSet></GetHostedZoneResponse>`
)

// json answers those parts of AWS that speak it.
func (s *Server) json(w http.ResponseWriter, r *http.Request, action string) {
	var in object
	err := json.NewDecoder(r.Body).Decode(&in)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	status, out := s.answer(action, in)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(out)
}

func (s *Server) answer(action string, in object) (int, object) {
	switch action {
	case "GetParameters":
		return s.getParameters(in)
	case "GetParameter":
		p, there := s.parameters[in["Name"].(string)]
		if !there {
			return refuse("ParameterNotFound", "")
		}
		return http.StatusOK, object{"Parameter": object{"Name": in["Name"], "Type": p.Type, "Value": p.Value}}
	case "PutParameter":
		return s.putParameter(in)
	case "DescribeParameters":
		return s.describeParameters(in)
	case "GetConnection":
		return http.StatusOK, object{"Connection": object{"ConnectionArn": in["ConnectionArn"], "ConnectionStatus": s.Connection}}
	default:
		return refuse("UnknownOperationException", action)
	}
}

func refuse(kind, message string) (int, object) {
	return http.StatusBadRequest, object{"__type": kind, "message": message}
}

func (s *Server) getParameters(in object) (int, object) {
	names := in["Names"].([]any)
	if len(names) > 10 {
		return refuse("ValidationException", "more than ten names")
	}
	found, missing := []any{}, []any{}
	for _, name := range names {
		p, there := s.parameters[name.(string)]
		switch {
		case !there:
			missing = append(missing, name)
		case p.Type == "SecureString" && in["WithDecryption"] != true:
			found = append(found, object{"Name": name, "Type": p.Type, "Value": "encrypted"})
		default:
			found = append(found, object{"Name": name, "Type": p.Type, "Value": p.Value})
		}
	}
	return http.StatusOK, object{"Parameters": found, "InvalidParameters": missing}
}

// describeParameters says that each was changed just now, and never its value.
func (s *Server) describeParameters(in object) (int, object) {
	found := []any{}
	for _, name := range in["ParameterFilters"].([]any)[0].(object)["Values"].([]any) {
		if _, there := s.parameters[name.(string)]; there {
			found = append(found, object{"Name": name, "LastModifiedDate": time.Now().Unix()})
		}
	}
	return http.StatusOK, object{"Parameters": found}
}

func (s *Server) putParameter(in object) (int, object) {
	name := in["Name"].(string)
	_, there := s.parameters[name]
	if there && in["Overwrite"] != true {
		return refuse("ParameterAlreadyExists", name)
	}
	value, kind := in["Value"].(string), in["Type"].(string)
	tier, _ := in["Tier"].(string)
	if len(value) > 4096 && tier != "Advanced" {
		return refuse("ValidationException", "a standard parameter has at most 4096 characters")
	}
	key, _ := in["KeyId"].(string)
	s.parameters[name] = Parameter{Value: value, Type: kind, Key: key, Tier: tier}
	s.puts = append(s.puts, name)
	return http.StatusOK, object{"Version": 2}
}

func (s *Server) bucket(w http.ResponseWriter, r *http.Request) {
	for _, bucket := range s.Buckets {
		if strings.Trim(r.URL.Path, "/") == bucket || strings.HasPrefix(r.Host, bucket+".") {
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}
