package main

// taskService is who takes on the roles of tasks.
const taskService = "ecs-tasks.amazonaws.com"

// rights are what services may do in AWS. What they may do in the database is that of their users there.
type rights struct {
	Sender, Receiver, Operator []Statement
}

// rights of those who use the queue. key encrypts it.
func (s *stack) rights(key *string) rights {
	queue, dead := s.Account.arn("sqs", s.name("events")), s.Account.arn("sqs", s.name("events-dead"))
	throughSQS := object{"StringEquals": object{"kms:ViaService": "sqs." + s.Account.Region + ".amazonaws.com"}}
	reads := Allow("ReadsWhatIsEncrypted", []string{"kms:Decrypt"}, *key).If(throughSQS)
	writes := Allow("WritesEncrypted", []string{"kms:Decrypt", "kms:GenerateDataKey"}, *key).If(throughSQS)
	return rights{
		Sender: []Statement{Allow("SendsEvents", []string{"sqs:SendMessage"}, queue), writes},
		// It neither sends nor reads what failed.
		Receiver: []Statement{
			Allow("RecordsEvents", []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"}, queue),
			reads,
		},
		// The commands `audit dlq`: they look, give back what they looked at, count, and move back.
		Operator: []Statement{
			Allow("EmptiesTheDeadLetterQueue", []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"}, dead),
			Allow("MovesEventsBack", []string{"sqs:SendMessage"}, queue),
			writes,
		},
	}
}

// of gives the rights of one service's tasks; web has none.
func (r rights) of(p Program) []Statement {
	switch {
	case p.Sends:
		return r.Sender
	case p.Receives:
		return r.Receiver
	}
	return nil
}

// execRole is the role with which ECS starts a task: it fetches the image and the secrets and opens the log, and the
// task itself never has it.
func (s *stack) execRole(name, image, logGroup string, secrets []string) *string {
	statements := []Statement{
		AllowUnscoped("SignsInToTheRegistry", "ecr:GetAuthorizationToken"),
		Allow("FetchesItsImage", []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}, s.Account.arn("ecr", "repository/notejam/"+image)),
		Allow("WritesItsLog", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, s.logARN(logGroup)),
	}
	if len(secrets) > 0 {
		arns := sorted(s.secretARNs(secrets...))
		statements = append(statements,
			Allow("ReadsItsSecrets", []string{"ssm:GetParameters"}, arns...),
			Allow("DecryptsThem", []string{"kms:Decrypt"}, *s.made.App).If(object{
				"StringEquals": object{
					"kms:ViaService":                      "ssm." + s.Account.Region + ".amazonaws.com",
					"kms:EncryptionContext:PARAMETER_ARN": arns,
				},
			}),
		)
	}
	return s.role(name+"-exec", taskService, statements...)
}
