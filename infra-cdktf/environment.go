package main

// Environment is one copy of Notejam, and all that may differ between copies. environments.go has the values,
// validate.go says what is wrong with them.
type Environment struct {
	Name   string
	Branch string // a push to it starts the pipeline
	Host   string // where people reach it

	CIDR  string   // of the VPC, /16 to /20
	Zones []string // letters of availability zones
	NAT   NAT

	Spot     bool // tasks may be taken away with two minutes' notice, for a third of the price
	Tasks    map[string]Tasks
	Database Database
	OffHours *OffHours // nil: never off

	Keep     Keep
	Insights string // ECS Container Insights: disabled, enabled, enhanced
	WAF      bool
	Protect  bool // nothing that holds data, and no load balancer, is deleted by a mistake
	Approval bool // a person lets each release pass
	Wide     bool // all alarms; otherwise only those that also mean something while nobody uses it

	Budget float64 // US dollars a month
}

// NAT says how tasks in private subnets reach AWS and the mail server.
type NAT string

// The ways out.
const (
	OneNAT     NAT = "single" // one gateway: its zone's end is the environment's
	NATPerZone NAT = "per-az" // each zone has its own
)

// Tasks is the size and number of a service's tasks.
type Tasks struct {
	CPU, Memory int     // in 1/1024 vCPU and MiB, a pair that Fargate has
	Min, Max    int     // number
	CPUTarget   float64 // percent that autoscaling aims at
	MaxOpen     int     // database connections in use at the same time; 0 for a service without a database
}

// Database is the Aurora cluster.
type Database struct {
	Min, Max       float64 // capacity in ACU
	PauseAfter     int     // seconds without a connection, only with Min 0
	Instances      int
	BackupDays     int
	MaxConnections int
}

// OffHours is when nothing runs: cron expressions in the zone's time.
type OffHours struct {
	Timezone    string
	Sleep, Wake string
	WakeWeb     string // a little later than the others: it calls them
}

// Keep is for how many days logs are kept.
type Keep struct {
	Logs, Jobs, Builds, Events, Flow, Access int
}
