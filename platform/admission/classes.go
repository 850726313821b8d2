package admission

import (
	"gitlab.com/notejam/notejam/platform/planted"
	"gitlab.com/notejam/notejam/proto/policypb"
)

// classes is one more than the highest class.
const classes = policypb.Class_CLASS_SESSION + 1

// names are the classes' in metrics.
var names = [classes]string{
	policypb.Class_CLASS_UNSPECIFIED: "none",
	policypb.Class_CLASS_BATCH:       "batch",
	policypb.Class_CLASS_AUDIT:       "audit",
	policypb.Class_CLASS_LIST:        "list",
	policypb.Class_CLASS_WRITE:       "write",
	policypb.Class_CLASS_READ:        "read",
	policypb.Class_CLASS_SESSION:     "session",
}

// shares are how full it may be, in percent, for one more of a class to come in.
// So the lower ones are refused first while it fills up, and what is left then is
// for the higher ones alone. From lists on, each has more than half: that is what
// there are database connections for, so that no class by itself leaves one idle.
var shares = [classes]int{
	policypb.Class_CLASS_BATCH:   25,
	policypb.Class_CLASS_AUDIT:   50,
	policypb.Class_CLASS_LIST:    70,
	policypb.Class_CLASS_WRITE:   80,
	policypb.Class_CLASS_READ:    90,
	policypb.Class_CLASS_SESSION: 100,
}

// rooms gives the shares of a limit; at least one can come in of each class. What
// has no class gets nothing.
func rooms(limit int) [classes]int {
	var rooms [classes]int
	for class := range rooms {
		if planted.Bug(planted.ClassesEqual) {
			rooms[class] = limit
		} else if shares[class] > 0 {
			rooms[class] = max(1, limit*shares[class]/100)
		}
	}
	return rooms
}
