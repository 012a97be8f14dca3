package simnet_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/brine/realunix"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// TestFaultsAsKernel tells the stories of testdata/faults three times and has every
// call answer the same, word for word:
//
//   - on the kernel, where each role is a process of its own and what befalls it is
//     done to it: SIGKILL, SIGSTOP, a crowd of clients, a lower RLIMIT_NOFILE;
//   - simulated, where the same is done to simulated processes ([simnet.Process.Kill]);
//   - simulated, where it is a fault that a Chooser orders ([simnet.FaultKill]).
//
// With -update the kernel's answers are written down.
//
// The kernel cannot be made to show these, not without harm to the machine and
// all who use it: ENFILE (the limit is everybody's), ENOMEM and ENOBUFS (its
// memory would have to run out), a clock that jumps (CLOCK_MONOTONIC cannot be set).
// A timer that is late, or a task that is slow, is what it shows at any time, but not
// when asked; and short transfers are brine's own: Linux queues and copies in
// pieces, but a call that could go on does.
func TestFaultsAsKernel(t *testing.T) {
	files, err := filepath.Glob("testdata/faults/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories: ", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			sheet, sagas := readSagas(string(text))
			if len(sagas) == 0 {
				t.Fatal("no story")
			}
			for _, saga := range sagas {
				t.Run(saga.name, func(t *testing.T) { compare(t, saga) })
			}
			if updating() {
				if err := os.WriteFile(name, sheet.bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// compare tells a story everywhere.
func compare(t *testing.T, saga *saga) {
	// Not t.TempDir: its path is too long for a socket, and of no use to another
	// user.
	dir, err := os.MkdirTemp("/tmp", "brine")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := errors.Join(os.Chmod(dir, 0o755), os.Mkdir(dir+"/d", 0o755)); err != nil {
		t.Fatal(err)
	}
	if why := kernelLacks(saga); why == "" {
		st := newKernelVenue(t, dir)
		told := saga.tell(st, dir, false)
		st.end()
		if updating() {
			saga.note(told)
		}
		saga.check(t, "kernel", told)
	} else if updating() {
		t.Fatal(why)
	} else {
		defer t.Skip("not on this kernel: ", why) // the rest is told
	}
	if told, err := simulate(saga, dir, false); err != nil {
		t.Error("simulated: ", err)
	} else {
		saga.check(t, "simulated", told)
	}
	if saga.unfaulted {
		return
	}
	if told, err := simulate(saga, dir, true); err != nil {
		t.Error("simulated by faults: ", err)
	} else {
		saga.check(t, "simulated by faults", told)
	}
}

// kernelLacks says why a story cannot be told on this kernel as it was written
// down.
func kernelLacks(saga *saga) string {
	if saga.otherUser && os.Geteuid() != 0 {
		return "not running as root, who can start another user's process"
	}
	if self, err := os.Stat("/proc/self/exe"); saga.users && os.Geteuid() == 0 && (err != nil || self.Mode()&1 == 0) {
		return "other users cannot execute the test binary"
	}
	if !saga.capacity {
		return ""
	}
	// What a buffer holds depends on what the kernel's version charges for it.
	real, sim := capacity(realunix.New(realunix.Config{})), capacity(simnet.NewWorld(simnet.Config{}).Process("p"))
	if real != sim {
		return fmt.Sprintf("a small buffer takes %d bytes, and %d where the story was written down", real, sim)
	}
	return ""
}

func capacity(tr transport.Transport) int {
	a, b, err := tr.Pair()
	if err != nil {
		return -1
	}
	defer a.Close()
	defer b.Close()
	if a.(transport.SendBuffer).SetSendBuffer(5000) != nil {
		return -1
	}
	n, _ := a.Send([][]byte{make([]byte, 100_000)}, nil, transport.Immediate)
	return n
}

func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}
