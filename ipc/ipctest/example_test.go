//go:build unix

package ipctest_test

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"example.com/brine/ipc/ipctest"
	"example.com/brine/realunix"
	"example.com/brine/transport"
)

// A backend whose processes are goroutines, which is all that many scenarios
// need.
type goroutines struct{}

func (goroutines) Name() string { return "goroutines" }

func (goroutines) Lacks(a ipctest.Ability) string {
	switch a {
	case ipctest.OtherUser, ipctest.DescLimit, ipctest.Kill, ipctest.Faults:
		return "needs more than a goroutine"
	}
	return ""
}

func (goroutines) Run(s *ipctest.Scenario, note func(ipctest.Event)) {
	dir, err := os.MkdirTemp("/tmp", "brine")
	if err != nil {
		note(ipctest.Event{Kind: ipctest.Failed, Text: err.Error()})
		return
	}
	defer os.RemoveAll(dir) // a whole backend also sets s.Scene in it
	st := &stage{s, dir, note}
	main, err := st.Start(ipctest.MainRole, ipctest.ProcessConfig{})
	if err == nil {
		err = main.Wait(time.Time{})
	}
	if err != nil {
		note(ipctest.Event{Kind: ipctest.Failed, Text: err.Error()})
	}
}

type stage struct {
	scenario *ipctest.Scenario
	dir      string
	note     func(ipctest.Event)
}

func (s *stage) Path(name string) string   { return s.dir + "/" + name }
func (s *stage) Tolerance() time.Duration  { return time.Second }
func (s *stage) Fault(syscall.Errno) error { return syscall.ENOTSUP }

func (s *stage) Start(role string, cfg ipctest.ProcessConfig) (ipctest.Process, error) {
	tr := realunix.New(realunix.Config{})
	g := transport.NewGroup(tr)
	return process{g}, g.Go(role, func(transport.Transport) {
		s.scenario.Play(role, cfg.Arg, s, tr, s.note)
	})
}

type process struct{ *transport.Group }

func (process) Kill() error { return syscall.ENOTSUP }

// One scenario, and what it provoked. A test calls Run instead.
func Example() {
	scenario := ipctest.Find("done/reply")
	for _, e := range ipctest.Events(goroutines{}, scenario) {
		switch e.Kind {
		case ipctest.Provoked:
			fmt.Println(e.Role, e.Call, e.Errno)
		case ipctest.Failed:
			fmt.Println(e.Role, e.At, e.Text)
		}
	}
	// Unordered output:
	// main ipc_done EPIPE
	// main bsend EPIPE
	// main bsendl EPIPE
	// server brecv EPIPE
	// main brecv EPIPE
	// main ipc_done EPIPE
}
