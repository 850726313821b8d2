package mysqltest

import "net"

// options are the server's. Those of the machine's own server, in /etc, are not read.
func (h *home) options(cfg ServerConfig, addr string) []string {
	options := []string{
		"--no-defaults", // must be the first
		"--datadir=" + h.path("data"),
		"--tmpdir=" + h.path("tmp"),
		"--socket=" + h.socket,
		"--pid-file=" + h.path("server.pid"),
		"--init-file=" + h.path("accounts.sql"),
		"--skip-name-resolve", // clients have addresses, and DNS may be slow or absent
		"--max-connections=500",
		"--local-infile=0",
		"--skip-log-bin", // nobody replicates it
		"--character-set-server=utf8mb4",
		"--collation-server=utf8mb4_unicode_ci",
		"--default-time-zone=+00:00",
	}
	if !h.mariaDB {
		options = append(options, "--mysqlx=OFF", "--secure-file-priv=NULL")
	}
	options = append(options, h.storageOptions(cfg.Fast)...)
	if addr == "" {
		options = append(options, "--skip-networking")
	} else {
		host, port, _ := net.SplitHostPort(addr) // it is a listener's
		options = append(options, "--bind-address="+host, "--port="+port)
	}
	return append(options, cfg.Args...)
}

// storageOptions are those that also the making of the data needs.
func (h *home) storageOptions(fast bool) []string {
	options := []string{"--performance-schema=OFF"} // it costs 100 MB and more
	if runsAsRoot() {
		options = append(options, "--user=root") // else the server refuses to run as root
	}
	if !fast {
		return options
	}
	options = append(options,
		"--innodb-buffer-pool-size=64M",
		"--innodb-flush-method=nosync",
		"--innodb-flush-log-at-trx-commit=2", // to the system at each COMMIT: it outlives the server
		"--innodb-doublewrite=OFF",
		"--innodb-stats-persistent=OFF",
		"--innodb-buffer-pool-dump-at-shutdown=OFF",
		"--innodb-buffer-pool-load-at-startup=OFF",
	)
	if h.mariaDB {
		options = append(options, "--sync-frm=OFF", "--innodb-log-file-size=16M")
	}
	return options
}
