module gitlab.com/notejam/notejam/services/audit

go 1.26.0

require (
	gitlab.com/notejam/notejam/platform v0.0.0
	gitlab.com/notejam/notejam/proto v0.0.0
)

replace (
	gitlab.com/notejam/notejam/platform => ../../platform
	gitlab.com/notejam/notejam/proto => ../../proto
)
