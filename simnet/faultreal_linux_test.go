package simnet_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/brine/ipc/ipctest"
	"example.com/brine/realunix"
	"example.com/brine/simnet"
)

// puppetEnv is the directory of a saga, for a test binary that was started to be
// a puppet.
const puppetEnv = "BRINE_FAULT_PUPPET"

// An init rather than a TestMain, of which a package has only one.
func init() {
	if dir := os.Getenv(puppetEnv); dir != "" {
		perform(dir)
		os.Exit(0)
	}
}

// perform does what the lines of standard input say, until its end.
func perform(dir string) {
	debug.SetGCPercent(-1) // sockets that nothing refers to are to stay open
	unix.Umask(0)
	a := newPuppet(realunix.New(realunix.Config{}), dir)
	var begun chan string
	var fill []int
	in := bufio.NewScanner(os.Stdin)
	fmt.Println("ready")
	for in.Scan() {
		answer := ""
		switch words := strings.Fields(in.Text()); words[0] {
		case "begin":
			begun = make(chan string, 1)
			go func() { begun <- a.do(words[1:]) }()
			parked(begun)
		case "ends":
			select {
			case answer = <-begun:
			case <-time.After(patience):
				answer = "has not ended"
			}
		case "full":
			lim := unix.Rlimit{Cur: 200, Max: 200}
			if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
				answer = "!" + err.Error()
			}
			for {
				fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
				if err != nil {
					break
				}
				fill = append(fill, fd)
			}
		case "enough":
			for _, fd := range fill {
				unix.Close(fd)
			}
			fill = nil
		default:
			answer = a.do(words)
		}
		fmt.Println(answer)
	}
}

// parked returns when what was begun waits in its call, or has ended: a process
// that is stopped, or whose deadline passes, between a call's try and its wait is
// another story.
func parked(begun chan string) {
	buf := make([]byte, 1<<16)
	for len(begun) == 0 {
		for g := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			state, _, _ := strings.Cut(g, "\n")
			if strings.Contains(g, "realunix.(") && !strings.Contains(state, "[run") && !strings.Contains(state, "[syscall") {
				return
			}
		}
		runtime.Gosched()
	}
}

// kernelVenue has every role in a process of its own.
type kernelVenue struct {
	t     *testing.T
	dir   string
	roles map[string]*realRole
}

type realRole struct {
	user   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	pipe   *os.File
	out    *bufio.Reader
	stderr strings.Builder
}

func newKernelVenue(t *testing.T, dir string) *kernelVenue {
	st := &kernelVenue{t: t, dir: dir, roles: map[string]*realRole{}}
	t.Cleanup(st.end)
	return st
}

// end ends every process.
func (st *kernelVenue) end() {
	for name, r := range st.roles {
		r.cmd.Process.Kill()
		r.cmd.Wait()
		r.in.Close()
		r.pipe.Close()
		delete(st.roles, name)
	}
}

func (st *kernelVenue) start(role, user string) string {
	r := &realRole{user: user}
	// Under the race detector a process sleeps for a second before it exits. And the
	// binary is named so because its directory may be its owner's alone.
	r.cmd = exec.Command("/proc/self/exe")
	r.cmd.Env = append(os.Environ(), puppetEnv+"="+st.dir, "GORACE="+os.Getenv("GORACE")+" atexit_sleep_ms=0")
	r.cmd.Dir, r.cmd.Stderr = "/", &r.stderr
	if user != "" && os.Geteuid() == 0 {
		const id = ipctest.OtherUID
		r.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: id, Gid: id}}
	}
	in, err := r.cmd.StdinPipe()
	if err != nil {
		return "!" + err.Error()
	}
	out, w, err := os.Pipe()
	if err != nil {
		return "!" + err.Error()
	}
	r.in, r.pipe, r.out, r.cmd.Stdout = in, out, bufio.NewReader(out), w
	err = r.cmd.Start()
	w.Close()
	if err != nil {
		out.Close()
		return "!start: " + err.Error()
	}
	st.roles[role] = r
	if got := st.hear(r); got != "ready" {
		return "!start: " + got
	}
	return ""
}

// hear returns a line that a process has written.
func (st *kernelVenue) hear(r *realRole) string {
	r.pipe.SetReadDeadline(time.Now().Add(2 * patience))
	line, err := r.out.ReadString('\n')
	if err != nil {
		r.cmd.Process.Kill()
		r.cmd.Wait()
		return strings.ReplaceAll(fmt.Sprint("!", err, ": ", r.stderr.String()), "\n", " | ")
	}
	return strings.TrimSuffix(line, "\n")
}

func (st *kernelVenue) call(role string, words []string) string {
	r := st.roles[role]
	if r == nil {
		return "!no process " + role
	}
	if _, err := fmt.Fprintln(r.in, strings.Join(words, " ")); err != nil {
		return "!" + err.Error()
	}
	return st.hear(r)
}

// kill returns when nothing is left of a process.
func (st *kernelVenue) kill(role string) string {
	r := st.roles[role]
	delete(st.roles, role)
	defer r.in.Close()
	defer r.pipe.Close()
	if err := r.cmd.Process.Kill(); err != nil {
		return "!" + err.Error()
	}
	var exit *exec.ExitError
	if err := r.cmd.Wait(); !errors.As(err, &exit) {
		return "!not killed"
	}
	return ""
}

func (st *kernelVenue) restart(role string) string {
	user := st.roles[role].user
	if why := st.kill(role); why != "" {
		return why
	}
	return st.start(role, user)
}

// pause returns when all threads of a process have stopped.
func (st *kernelVenue) pause(role string) string {
	pid := st.roles[role].cmd.Process.Pid
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		return "!" + err.Error()
	}
	for {
		var ws unix.WaitStatus
		switch _, err := unix.Wait4(pid, &ws, unix.WUNTRACED, nil); {
		case err == unix.EINTR:
		case err != nil:
			return "!" + err.Error()
		case !ws.Stopped():
			return "!it did not stop"
		default:
			return ""
		}
	}
}

func (st *kernelVenue) resume(role string) string {
	if err := unix.Kill(st.roles[role].cmd.Process.Pid, unix.SIGCONT); err != nil {
		return "!" + err.Error()
	}
	return ""
}

func (st *kernelVenue) file(what, path string) string {
	was, err := os.Stat(path)
	if err != nil {
		return "!" + err.Error()
	}
	switch what {
	case "removed":
		err = os.Remove(path)
	case "replaced": // by one of the same mode: it refuses nobody before the socket's absence does
		err = errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600), os.Chmod(path, was.Mode().Perm()))
	case "forbidden":
		err = os.Chmod(path, 0)
	case "dirgone":
		err = os.Rename(filepath.Dir(path), filepath.Dir(path)+".gone")
	}
	if err != nil {
		return "!" + err.Error()
	}
	return ""
}

func (st *kernelVenue) room(role string, enough bool) string {
	if enough {
		return st.call(role, []string{"enough"})
	}
	return st.call(role, []string{"full"})
}

func (st *kernelVenue) order(simnet.Fault, string, ...string) string { return "!only simulated" }
