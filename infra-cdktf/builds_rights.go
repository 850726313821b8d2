package main

// onlyTasks is the condition that a role is handed to tasks and nothing else.
var onlyTasks = object{"StringEquals": object{"iam:PassedToService": taskService}}

// imageRights are those to push images, and to read what the scan of them found.
func (s *stack) imageRights() []Statement {
	var repositories []string
	for _, image := range images() {
		repositories = append(repositories, s.Account.arn("ecr", "repository/notejam/"+image))
	}
	return []Statement{
		AllowUnscoped("SignsInToTheRegistry", "ecr:GetAuthorizationToken"),
		Allow("PushesImages", []string{
			"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImageScanFindings", "ecr:DescribeImages",
			"ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
		}, repositories...),
	}
}

// migrateRights are those to run the migrations as tasks of their own, with the roles that are theirs.
func (s *stack) migrateRights() []Statement {
	jobs := []string{"dbinit"}
	for _, program := range Programs() {
		if program.Database {
			jobs = append(jobs, "migrate-"+program.Name)
		}
	}
	var families, roles []string
	for _, job := range jobs {
		families = append(families, s.Account.arn("ecs", "task-definition/"+s.name(job)+":*"))
		roles = append(roles, s.Account.iam("role/"+s.name(job+"-exec")))
	}
	return []Statement{
		Allow("RunsMigrations", []string{"ecs:RunTask"}, families...).If(s.inCluster()),
		Allow("WaitsForThem", []string{"ecs:DescribeTasks", "ecs:StopTask"}, s.Account.arn("ecs", "task/notejam-"+s.Env.Name+"/*")),
		AllowUnscoped("SetsTheirImages", "ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"),
		Allow("GivesThemTheirRoles", []string{"iam:PassRole"}, roles...).If(onlyTasks),
		Allow("ShowsWhatTheySaid", []string{"logs:GetLogEvents"}, s.logARN(s.path("migrate")), s.logARN(s.path("dbinit"))),
	}
}

// deployRights are those to give services a new revision, and to see whether it lives.
func (s *stack) deployRights() []Statement {
	var services, roles []string
	for _, program := range Programs() {
		services = append(services, s.Account.arn("ecs", "service/notejam-"+s.Env.Name+"/"+program.Name))
		roles = append(roles, s.Account.iam("role/"+s.name(program.Name+"-exec")), s.Account.iam("role/"+s.name(program.Name+"-task")))
	}
	return []Statement{
		Allow("Deploys", []string{"ecs:DescribeServices", "ecs:UpdateService"}, services...),
		Allow("SaysWhyATaskStopped", []string{"ecs:DescribeTasks"}, s.Account.arn("ecs", "task/notejam-"+s.Env.Name+"/*")),
		Allow("FindsTasks", []string{"ecs:ListTasks"}, s.Account.arn("ecs", "container-instance/notejam-"+s.Env.Name+"/*")).If(s.inCluster()),
		AllowUnscoped("SetsTheirImages", "ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"),
		Allow("GivesThemTheirRoles", []string{"iam:PassRole"}, roles...).If(onlyTasks),
		Allow("WritesDownWhatLives", []string{"ssm:PutParameter"}, s.Account.arn("ssm", "parameter"+s.path("release/*"))),
	}
}

func (s *stack) inCluster() object {
	return object{"ArnEquals": object{"ecs:cluster": s.Account.arn("ecs", "cluster/notejam-"+s.Env.Name)}}
}
