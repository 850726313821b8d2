package main

import "github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecstaskdefinition"

const (
	// bootstrapTag never exists: the pipeline sets the image by its digest, and starts the service then.
	bootstrapTag = "bootstrap"
	// stopTimeout is longer than what a service takes to end: 15 s until nobody calls it any more, 20 s for what is at work.
	stopTimeout = 60
	// startTime is that of SERVICE_START_TIMEOUT: for so long a service may wait for its database to wake up.
	startTime = 120
	// nobody is the user of the images.
	nobody = "65532:65532"
)

// task is a container of ours, and the roles around it.
type task struct {
	Family   string // after notejam-ENVIRONMENT-
	Program  Program
	Size     Tasks
	Command  []string // of the service's binary; nil serves
	Settings map[string]string
	Secrets  map[string]string // ARNs by setting
	LogGroup string
	ExecRole *string
	TaskRole *string // nil: it asks nothing of AWS
}

func (s *stack) taskDefinition(t task) ecstaskdefinition.EcsTaskDefinition {
	return ecstaskdefinition.NewEcsTaskDefinition(s.scope, str("task-"+t.Family), &ecstaskdefinition.EcsTaskDefinitionConfig{
		Family: str(s.name(t.Family)), RequiresCompatibilities: list("FARGATE"), NetworkMode: str("awsvpc"),
		Cpu: strf("%d", t.Size.CPU), Memory: strf("%d", t.Size.Memory),
		RuntimePlatform:  &ecstaskdefinition.EcsTaskDefinitionRuntimePlatform{CpuArchitecture: str("ARM64"), OperatingSystemFamily: str("LINUX")},
		ExecutionRoleArn: t.ExecRole, TaskRoleArn: t.TaskRole,
		ContainerDefinitions: text(array{s.container(t)}),
		// The pipeline makes revisions of it. Those stay when the template changes: a rollback needs them.
		SkipDestroy: true, TrackLatest: false,
		Tags: texts(map[string]string{"Service": t.Program.Name}),
	})
}

func (s *stack) container(t task) object {
	container := object{
		"name": t.Program.Name, "image": s.Account.image(t.Program.Name) + ":" + bootstrapTag, "essential": true,
		"user": nobody, "readonlyRootFilesystem": true, "stopTimeout": stopTimeout,
		"linuxParameters": object{"capabilities": object{"drop": array{"ALL"}}},
		"environment":     pairs(t.Settings, "value"),
		"secrets":         pairs(t.Secrets, "valueFrom"),
		"logConfiguration": object{"logDriver": "awslogs", "options": object{
			"awslogs-group": t.LogGroup, "awslogs-region": s.Account.Region, "awslogs-stream-prefix": t.Family,
			"mode": "non-blocking", "max-buffer-size": "4m", // a log that does not get through must not stop a service
		}},
	}
	if t.Command != nil {
		container["command"] = t.Command
		return container
	}
	port := webPort
	if provides(s.Calls, t.Program.Name) {
		port = grpcPort
	}
	container["portMappings"] = array{object{"containerPort": port, "hostPort": port, "protocol": "tcp"}}
	container["healthCheck"] = object{
		"command": array{"CMD", "/app", "healthcheck"}, "interval": 5, "timeout": 3, "retries": 3, "startPeriod": startTime,
	}
	return container
}

// small is enough for a job.
var small = Tasks{CPU: 256, Memory: 512}

// tasks makes the task definitions: that which makes the database's users, one for each migration, one for each service,
// and that of an operator's work on the dead-letter queue. It gives those of the services by name.
func (s *stack) tasks(at places) map[string]ecstaskdefinition.EcsTaskDefinition {
	s.usersTask(at)
	definitions := map[string]ecstaskdefinition.EcsTaskDefinition{}
	for _, program := range Programs() {
		definitions[program.Name] = s.serviceTask(program, at)
		if program.Database {
			s.migrationTask(program, at)
		}
		if program.Receives {
			s.operatorTask(program, at)
		}
	}
	return definitions
}

func (s *stack) serviceTask(p Program, at places) ecstaskdefinition.EcsTaskDefinition {
	secrets := s.secretsOf(p)
	return s.taskDefinition(task{
		Family: p.Name, Program: p, Size: s.Env.Tasks[p.Name], LogGroup: s.path(p.Name),
		Settings: s.settings(p, at), Secrets: secrets,
		ExecRole: s.execRole(p.Name, p.Name, s.path(p.Name), secrets),
		TaskRole: s.role(p.Name+"-task", taskService, s.queueRights(p)...),
	})
}

func (s *stack) migrationTask(p Program, at places) {
	family := "migrate-" + p.Name
	secrets := map[string]string{
		p.setting("MYSQL_PASSWORD"): s.secret(p.Name + "/" + migratePassword),
		p.setting("MYSQL_CA"):       s.secret(mysqlCA),
	}
	s.taskDefinition(task{
		Family: family, Program: p, Size: small, Command: []string{"migrate"}, LogGroup: s.path("migrate"),
		Settings: s.migrateSettings(p, at), Secrets: secrets,
		ExecRole: s.execRole(family, p.Name, s.path("migrate"), secrets),
	})
}

// usersTask makes the schemas and users of all services, as the database's administrator, whose password RDS makes and
// nobody else may read. It may run at any time again.
func (s *stack) usersTask(at places) {
	setup := Program{Name: setupImage}
	secrets := map[string]string{setup.setting("MYSQL_CA"): s.secret(mysqlCA)}
	for _, program := range Programs() {
		if program.Database {
			secrets[setup.setting(program.setting("DB_PASSWORD"))] = s.secret(program.Name + "/db-password")
			secrets[setup.setting(program.setting("DB_MIGRATE_PASSWORD"))] = s.secret(program.Name + "/" + migratePassword)
		}
	}
	role := s.execRole("dbinit", setup.Name, s.path("dbinit"), secrets,
		Allow("ReadsTheAdministratorsPassword", []string{"secretsmanager:GetSecretValue"}, at.AdminSecret),
		Allow("DecryptsIt", []string{"kms:Decrypt"}, *s.made.Data).If(s.through("secretsmanager")))
	secrets[setup.setting("MYSQL_PASSWORD")] = at.AdminSecret + ":password::"
	s.taskDefinition(task{
		Family: "dbinit", Program: setup, Size: small, Command: []string{"database"}, LogGroup: s.path("dbinit"),
		Settings: map[string]string{setup.setting("MYSQL_ADDR"): at.DatabaseAddr, setup.setting("MYSQL_USER"): adminUser},
		Secrets:  secrets, ExecRole: role,
	})
}

// operatorTask is run by hand, with the command that docs/runbook.md names instead of this one.
func (s *stack) operatorTask(p Program, at places) {
	family := p.Name + "-ops"
	s.taskDefinition(task{
		Family: family, Program: p, Size: small, Command: []string{"dlq", "list"}, LogGroup: s.path("ops"),
		Settings: map[string]string{
			p.setting("QUEUE_URL"): at.QueueURL, p.setting("QUEUE_DLQ_URL"): at.DeadQueueURL, p.setting("QUEUE_REGION"): s.Account.Region,
		},
		ExecRole: s.execRole(family, p.Name, s.path("ops"), nil),
		TaskRole: s.role(family+"-task", taskService, s.operatorRights()...),
	})
}
