package realunix_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// pin keeps all threads of a process on one processor until the benchmark ends.
func pin(b *testing.B, pid, cpu int) {
	var old, one unix.CPUSet
	check(b, unix.SchedGetaffinity(pid, &old))
	if !old.IsSet(cpu) {
		b.Skipf("processor %d is not to be had", cpu)
	}
	one.Set(cpu)
	move := func(set *unix.CPUSet) {
		threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
		if err != nil {
			return // the process has ended
		}
		for _, t := range threads {
			if tid, err := strconv.Atoi(t.Name()); err == nil {
				unix.SchedSetaffinity(tid, set)
			}
		}
	}
	move(&one)
	b.Cleanup(func() { move(&old) })
}
