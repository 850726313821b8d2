package main

// Environments are the copies that there are.
func Environments(account Account) []Environment {
	return []Environment{dev(account), qa(account), prod(account)}
}

// dev costs as little as it can: it sleeps at night, its database pauses, one zone's end is its own.
func dev(account Account) Environment {
	return Environment{
		Name: "dev", Branch: "dev", Host: "dev." + account.Zone,
		CIDR: "10.10.0.0/16", Zones: []string{"a", "b"}, NAT: OneNAT,
		Spot: true,
		Tasks: map[string]Tasks{
			"auth":  {CPU: 256, Memory: 512, Min: 1, Max: 2, CPUTarget: 50, MaxOpen: 4},
			"notes": {CPU: 256, Memory: 512, Min: 1, Max: 2, CPUTarget: 55, MaxOpen: 5},
			"audit": {CPU: 256, Memory: 512, Min: 1, Max: 2, CPUTarget: 60, MaxOpen: 5},
			"web":   {CPU: 256, Memory: 512, Min: 1, Max: 2, CPUTarget: 55},
		},
		Database: Database{Min: 0, Max: 2, PauseAfter: 600, Instances: 1, BackupDays: 7, MaxConnections: 300},
		OffHours: &OffHours{
			Timezone: "Europe/Berlin", Sleep: "cron(0 20 * * ? *)",
			Wake: "cron(0 7 ? * MON-FRI *)", WakeWeb: "cron(2 7 ? * MON-FRI *)",
		},
		Keep:     Keep{Logs: 7, Jobs: 30, Builds: 14, Events: 30, Flow: 7, Access: 14},
		Insights: "disabled",
		Budget:   100,
	}
}

// qa is prod in small: the same rights, guards and alarms, one zone less to pay for.
func qa(account Account) Environment {
	return Environment{
		Name: "qa", Branch: "qa", Host: "qa." + account.Zone,
		CIDR: "10.20.0.0/16", Zones: []string{"a", "b"}, NAT: OneNAT,
		Tasks: map[string]Tasks{
			"auth":  {CPU: 256, Memory: 512, Min: 1, Max: 3, CPUTarget: 50, MaxOpen: 6},
			"notes": {CPU: 256, Memory: 512, Min: 1, Max: 3, CPUTarget: 55, MaxOpen: 8},
			"audit": {CPU: 256, Memory: 512, Min: 1, Max: 2, CPUTarget: 60, MaxOpen: 6},
			"web":   {CPU: 256, Memory: 512, Min: 1, Max: 3, CPUTarget: 55},
		},
		Database: Database{Min: 0.5, Max: 4, Instances: 1, BackupDays: 7, MaxConnections: 600},
		Keep:     Keep{Logs: 30, Jobs: 90, Builds: 30, Events: 90, Flow: 14, Access: 30},
		Insights: "enabled",
		WAF:      true, Protect: true, Wide: true,
		Budget: 200,
	}
}

// prod survives the loss of a zone and of a database instance.
func prod(account Account) Environment {
	return Environment{
		Name: "prod", Branch: "main", Host: account.Zone,
		CIDR: "10.30.0.0/16", Zones: []string{"a", "b"}, NAT: NATPerZone,
		Tasks: map[string]Tasks{
			"auth":  {CPU: 512, Memory: 1024, Min: 2, Max: 8, CPUTarget: 50, MaxOpen: 10},
			"notes": {CPU: 512, Memory: 1024, Min: 2, Max: 8, CPUTarget: 55, MaxOpen: 20},
			"audit": {CPU: 256, Memory: 512, Min: 2, Max: 6, CPUTarget: 60, MaxOpen: 10},
			"web":   {CPU: 512, Memory: 1024, Min: 2, Max: 10, CPUTarget: 55},
		},
		Database: Database{Min: 1, Max: 16, Instances: 2, BackupDays: 35, MaxConnections: 2000},
		Keep:     Keep{Logs: 365, Jobs: 365, Builds: 365, Events: 365, Flow: 365, Access: 365},
		Insights: "enhanced",
		WAF:      true, Protect: true, Approval: true, Wide: true,
		Budget: 600,
	}
}
