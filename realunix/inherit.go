//go:build unix

package realunix

import (
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

// An Inherited descriptor was passed to this process by the one that started
// it.
type Inherited struct {
	Name string // from LISTEN_FDNAMES, "unknown" where that is missing
	FD   transport.FD
}

// maxInherited bounds LISTEN_FDS, which comes from outside.
const maxInherited = 4096

// ListenFDs returns the descriptors of systemd's socket activation
// (sd_listen_fds(3)): those numbered from 3 on that LISTEN_FDS counts, if
// LISTEN_PID is this process. Each is made close-on-exec. The variables are
// removed from the environment, so that neither a second call nor a child
// takes the descriptors for its own; without them, or with another process's
// LISTEN_PID, there is nothing to return and nothing is touched.
//
// Adopt them with Transport.Adopt or AdoptListener, close what is not wanted.
// Errors: EINVAL for variables that do not parse, EBADF for a number that is
// not open; then no descriptor is returned or closed.
func ListenFDs() ([]Inherited, error) { return listenFDs(3) }

// listenFDs is ListenFDs with the first number as a parameter, for the tests.
func listenFDs(first int) ([]Inherited, error) {
	const op = "listenfds"
	pidText, ok := os.LookupEnv("LISTEN_PID")
	countText, ok2 := os.LookupEnv("LISTEN_FDS")
	if !ok || !ok2 {
		return nil, nil
	}
	pid, err := strconv.Atoi(pidText)
	if err != nil || pid <= 0 {
		return nil, invalid(op, "", "LISTEN_PID="+strconv.Quote(pidText))
	}
	if pid != os.Getpid() {
		return nil, nil
	}
	count, err := strconv.Atoi(countText)
	if err != nil || count < 0 || count > maxInherited {
		return nil, invalid(op, "", "LISTEN_FDS="+strconv.Quote(countText))
	}
	var names []string
	if text, ok := os.LookupEnv("LISTEN_FDNAMES"); ok && text != "" {
		names = strings.Split(text, ":")
		if len(names) != count {
			return nil, invalid(op, "", "LISTEN_FDNAMES has "+strconv.Itoa(len(names))+" names, LISTEN_FDS is "+countText)
		}
	}
	for n := first; n < first+count; n++ {
		if _, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0); err != nil {
			return nil, &transport.Error{Op: op, Err: syscall.EBADF, Detail: "descriptor " + strconv.Itoa(n) + " is not open"}
		}
	}
	inherited := make([]Inherited, count)
	for i := range inherited {
		unix.CloseOnExec(first + i)
		inherited[i] = Inherited{Name: "unknown", FD: newFD(first + i)}
		if names != nil {
			inherited[i].Name = names[i]
		}
	}
	os.Unsetenv("LISTEN_PID")
	os.Unsetenv("LISTEN_FDS")
	os.Unsetenv("LISTEN_FDNAMES")
	return inherited, nil
}
