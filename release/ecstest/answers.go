package ecstest

import (
	"fmt"
	"net/http"
	"strings"
)

func (s *Server) answer(action string, in object) (int, object) {
	switch action {
	case "DescribeTaskDefinition":
		return s.describeDefinition(in)
	case "RegisterTaskDefinition":
		arn := s.define(in)
		s.calls = append(s.calls, "register "+name(arn))
		return http.StatusOK, object{"taskDefinition": in}
	case "DescribeServices":
		return s.describeServices(in)
	case "UpdateService":
		return s.updateService(in)
	case "RunTask":
		return s.runTask(in)
	case "ListTasks":
		return http.StatusOK, object{"taskArns": []any{}}
	case "DescribeTasks":
		return s.describeTasks(in)
	case "GetLogEvents":
		return s.logEvents(in)
	default:
		return refuse("UnknownOperationException", action)
	}
}

func refuse(kind, message string) (int, object) {
	return http.StatusBadRequest, object{"__type": kind, "message": message}
}

func (s *Server) describeDefinition(in object) (int, object) {
	family, _, exact := strings.Cut(name(in["taskDefinition"].(string)), ":")
	all := s.definitions[family]
	for i := len(all) - 1; i >= 0; i-- {
		if !exact || all[i]["taskDefinitionArn"] == in["taskDefinition"] {
			return http.StatusOK, object{"taskDefinition": all[i]}
		}
	}
	return refuse("ClientException", "Unable to describe task definition.")
}

func (s *Server) describeServices(in object) (int, object) {
	which := in["services"].([]any)[0].(string)
	service := s.Services[which]
	if service == nil {
		return http.StatusOK, object{"services": []any{}, "failures": []any{object{"arn": which, "reason": "MISSING"}}}
	}
	if service.updating && len(service.Steps) > 0 {
		service.Deployments = service.Steps[0]
		if len(service.Steps) > 1 {
			service.Steps = service.Steps[1:]
		}
	}
	return http.StatusOK, object{"services": []any{service.describe(which)}}
}

func (service *Service) describe(which string) object {
	var deployments, events []any
	for _, d := range service.Deployments {
		revision := d.Revision
		if revision == NewRevision {
			revision = service.Running
		}
		deployments = append(deployments, object{
			"taskDefinition": revision, "status": d.Status, "rolloutState": d.Rollout, "rolloutStateReason": "because of the test", "runningCount": d.Running,
		})
	}
	for _, text := range service.Events {
		events = append(events, object{"message": text})
	}
	return object{
		"serviceName": which, "status": "ACTIVE", "desiredCount": service.Desired, "taskDefinition": service.Running,
		"deployments": deployments, "events": events,
	}
}

func (s *Server) updateService(in object) (int, object) {
	which := in["service"].(string)
	service := s.Services[which]
	call := "update " + which + " to " + name(in["taskDefinition"].(string))
	if desired, given := in["desiredCount"]; given {
		service.Desired = int(desired.(float64))
		call += fmt.Sprintf(" with %d tasks", service.Desired)
	}
	s.calls = append(s.calls, call)
	service.Running = in["taskDefinition"].(string)
	service.updating = true
	return http.StatusOK, object{"service": service.describe(which)}
}

// runTask starts a task, whose ARN ends with its family, for the exit code goes by that.
func (s *Server) runTask(in object) (int, object) {
	definition := in["taskDefinition"].(string)
	s.calls = append(s.calls, "run "+name(definition))
	family, _, _ := strings.Cut(name(definition), ":")
	if s.Exits[family] == -2 {
		return http.StatusOK, object{"tasks": []any{}, "failures": []any{object{"reason": "Capacity is unavailable at this time"}}}
	}
	return http.StatusOK, object{"tasks": []any{object{"taskArn": "arn:aws:ecs:eu-central-1:000000000000:task/c/" + family, "lastStatus": "PROVISIONING"}}}
}

func (s *Server) describeTasks(in object) (int, object) {
	arn := in["tasks"].([]any)[0].(string)
	code := s.Exits[name(arn)]
	if code == -1 {
		return http.StatusOK, object{"tasks": []any{object{"taskArn": arn, "lastStatus": "RUNNING"}}}
	}
	return http.StatusOK, object{"tasks": []any{object{
		"taskArn": arn, "lastStatus": "STOPPED", "stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited",
		"containers": []any{object{"name": "program", "exitCode": code}},
	}}}
}

// logEvents gives the last of what was logged.
func (s *Server) logEvents(in object) (int, object) {
	lines, there := s.Lines[in["logGroupName"].(string)+" "+in["logStreamName"].(string)]
	if !there {
		return refuse("ResourceNotFoundException", "The specified log stream does not exist.")
	}
	events := []any{}
	for _, line := range lines[max(0, len(lines)-int(in["limit"].(float64))):] {
		events = append(events, object{"message": line})
	}
	return http.StatusOK, object{"events": events}
}

// name is what an ARN ends with.
func name(arn string) string {
	return arn[strings.LastIndex(arn, "/")+1:]
}
