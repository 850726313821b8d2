package main

import (
	"maps"
	"slices"
	"strings"
)

// taskService is who takes on the roles of tasks.
const taskService = "ecs-tasks.amazonaws.com"

// queueRights are what a service's tasks may do in AWS: those who send events cannot read them, who records them can
// neither send nor touch what failed, and web may do nothing. What they may do in the database is that of their users
// there.
func (s *stack) queueRights(p Program) []Statement {
	events := s.Account.arn("sqs", s.name("events"))
	switch {
	case p.Sends:
		return []Statement{Allow("SendsEvents", []string{"sqs:SendMessage"}, events), s.encryptsFor("sqs")}
	case p.Receives:
		return []Statement{
			Allow("RecordsEvents", []string{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}, events),
			Allow("ReadsWhatIsEncrypted", []string{"kms:Decrypt"}, *s.made.App).If(s.through("sqs")),
		}
	}
	return nil
}

// operatorRights are those of the commands `audit dlq`: they look, give back what they looked at, count, and move back.
func (s *stack) operatorRights() []Statement {
	return []Statement{
		Allow("EmptiesTheDeadLetterQueue", []string{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
			s.Account.arn("sqs", s.name("events-dead"))),
		Allow("MovesEventsBack", []string{"sqs:SendMessage"}, s.Account.arn("sqs", s.name("events"))),
		s.encryptsFor("sqs"),
	}
}

// execRole is the role with which ECS starts a task: it fetches the image and the secrets and opens the log, and the
// task itself never has it.
func (s *stack) execRole(name, image, logGroup string, secrets map[string]string, more ...Statement) *string {
	statements := []Statement{
		AllowUnscoped("SignsInToTheRegistry", "ecr:GetAuthorizationToken"),
		Allow("FetchesItsImage", []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}, s.Account.arn("ecr", "repository/notejam/"+image)),
		Allow("WritesItsLog", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, s.logARN(logGroup)),
	}
	if len(secrets) > 0 {
		arns := sorted(slices.Collect(maps.Values(secrets)))
		onlyThese := s.through("ssm")
		onlyThese["StringEquals"].(object)["kms:EncryptionContext:PARAMETER_ARN"] = arns
		statements = append(
			statements,
			Allow("ReadsItsSecrets", []string{"ssm:GetParameters"}, arns...),
			Allow("DecryptsThem", []string{"kms:Decrypt"}, *s.made.App).If(onlyThese),
		)
	}
	return s.role(name+"-exec", taskService, append(statements, more...)...)
}

// encryptsFor is the right to write and read what a service of AWS encrypts with our key.
func (s *stack) encryptsFor(service string) Statement {
	return Allow("EncryptedFor"+strings.ToUpper(service), []string{"kms:Decrypt", "kms:GenerateDataKey"}, *s.made.App).If(s.through(service))
}

// through is the condition that a key is used by one service of AWS for its caller.
func (s *stack) through(service string) object {
	return object{"StringEquals": object{"kms:ViaService": service + "." + s.Account.Region + ".amazonaws.com"}}
}
