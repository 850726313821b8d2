package service

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"sync"
)

// Version is what was built. The build may set it (-ldflags "-X …/service.Version=1.2.3"); else it is what the Go tool recorded in the binary.
var Version string

// Commit is the commit it was built from; set and recorded as Version is.
var Commit string

type buildInfo struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

var build = sync.OnceValue(func() buildInfo {
	recorded := buildInfo{}
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				recorded.Commit = setting.Value
			}
		}
		if info.Main.Version != "(devel)" {
			recorded.Version = info.Main.Version
		}
	}
	return buildInfo{
		Version: cmp.Or(Version, recorded.Version, "dev"),
		Commit:  cmp.Or(Commit, recorded.Commit, "unknown"),
		Go:      runtime.Version(),
	}
})
