package afunix

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

var update = flag.Bool("update", false, "write the stories anew")

// Each file of testdata is a session: processes and what they call, with the
// answer, and who was made ready by it, after the arrow. "# " begins a story in
// an empty world. go test -update writes the answers anew.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories", err)
	}
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := tellAnew(t, string(want))
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		} else if string(got) != string(want) {
			t.Errorf("%s:\n%s\nwant:\n%s", file, got, want)
		}
	}
}

func tellAnew(t *testing.T, text string) []byte {
	var got bytes.Buffer
	var s *stage
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		call, _, _ := strings.Cut(line, "->")
		call = strings.TrimRight(call, " ")
		switch {
		case strings.HasPrefix(line, "# "):
			s = newStage()
			fallthrough
		case call == "":
			got.WriteString(line + "\n")
			continue
		}
		fmt.Fprintf(&got, "%-44s -> %s\n", call, s.line(call))
		if err := s.k.Check(); err != nil {
			t.Errorf("after %s: %v", call, err)
		}
	}
	return got.Bytes()
}

// A stage is a world and the names that a story has for what is in it.
type stage struct {
	k     *Kernel
	procs map[string]ProcID
	descs map[string]Desc
	ids   map[ID]string // of sockets
}

func newStage() *stage {
	s := &stage{k: New(Config{}), procs: map[string]ProcID{}, descs: map[string]Desc{}, ids: map[ID]string{}}
	root, _ := s.k.Spawn(Process{})
	s.k.Mkdir(root, "/run", 0777)
	s.k.Exit(root)
	return s
}

// line carries out "process [name =] call arguments".
func (s *stage) line(line string) string {
	f := strings.Fields(line)
	who := f[0]
	var names []string
	f = f[1:]
	for i, w := range f {
		if w == "=" {
			names, f = f[:i], f[i+1:]
			break
		}
	}
	arg := func(i int) string {
		if i < len(f) {
			return f[i]
		}
		return ""
	}
	num := func(i int) int { n, _ := strconv.Atoi(arg(i)); return n }
	d := func(i int) Desc {
		if n, ok := s.descs[arg(i)]; ok {
			return n
		}
		return -1
	}
	if _, ok := s.procs[who]; !ok {
		s.procs[who], _ = s.k.Spawn(Process{UID: map[string]int{"stranger": 1000}[who], GID: map[string]int{"stranger": 1000}[who]})
	}
	p := s.procs[who]
	k := s.k
	var errno syscall.Errno
	var woken []Waiter
	made := []Desc{-1, -1}
	more := ""
	switch f[0] {
	case "pair":
		made[0], made[1], errno = k.Pair(p)
	case "listen": // path backlog
		made[0], errno = k.Socket(p, Stream)
		if errno == 0 {
			errno = k.Bind(p, made[0], arg(1))
		}
		if errno == 0 {
			errno, woken = k.Listen(p, made[0], num(2))
		}
	case "relisten":
		errno, woken = k.Listen(p, d(1), num(2))
	case "socket":
		made[0], errno = k.Socket(p, Stream)
	case "connect":
		var full ID
		full, errno, woken = k.Connect(p, d(1), arg(2))
		if full != 0 {
			more = ", waits for " + s.ids[full]
		}
	case "accept":
		made[0], errno, woken = k.Accept(p, d(1))
	case "send": // socket bytes descriptors
		var n int
		var fds []Desc
		for i := 3; i < len(f); i++ {
			fds = append(fds, d(i))
		}
		n, errno, woken = k.Send(p, d(1), [][]byte{make([]byte, num(2))}, fds)
		more = ", " + strconv.Itoa(n)
	case "recv":
		var n, nfd int
		n, nfd, _, errno, woken = k.Recv(p, d(1), [][]byte{make([]byte, num(2))}, made[:len(names)], 0)
		made = made[:nfd]
		more = ", " + strconv.Itoa(n)
	case "unread":
		var n int
		n, errno = k.Unread(p, d(1))
		more = ", " + strconv.Itoa(n)
	case "recvsize":
		return strconv.Itoa(k.RecvSize(p, d(1), num(2)))
	case "shutdown":
		errno, woken = k.Shutdown(p, d(1), num(2))
	case "sever":
		errno, woken = k.Sever(p, d(1))
	case "severs": // whoever has it
		for id, name := range s.ids {
			if name == arg(1) {
				errno, woken = k.SeverID(id)
			}
		}
	case "listening":
		return describe(k.Listening(p, arg(1)))
	case "sockerr":
		var pending syscall.Errno
		pending, errno = k.SockError(p, d(1))
		more = ", " + s.answer(pending)
	case "close":
		errno, woken = k.Close(p, d(1))
	case "dup":
		made[0], errno = k.Dup(p, d(1), 0)
	case "poll":
		var m Mask
		m, errno = k.Poll(p, d(1))
		if more = ", " + m.String(); m == 0 {
			more = ", nothing"
		}
	case "open":
		made[0], errno = k.Open(p, arg(1), true, false, 0600)
	case "lock":
		_, errno = k.Lock(p, d(1))
	case "unlink":
		errno, woken = k.Unlink(p, arg(1))
	case "rename":
		errno, woken = k.Rename(p, arg(1), arg(2))
	case "chmod":
		mode, _ := strconv.ParseUint(arg(2), 8, 32)
		errno, woken = k.Chmod(p, arg(1), uint32(mode))
	case "peer":
		id, _ := k.ID(p, d(1))
		peer, ok := k.PeerID(id)
		return s.socket(peer, ok)
	case "describe": // a socket, or the other end of one
		id, _ := k.ID(p, d(1))
		if arg(2) == "peer" {
			id, _ = k.PeerID(id)
		}
		return describe(k.Describe(id))
	case "holders":
		return s.holders(d(1), p)
	case "descs":
		return s.open(p)
	case "leftovers":
		return s.leftovers()
	case "mkdir":
		errno, woken = k.Mkdir(p, arg(1), 0777)
	case "link":
		errno, woken = k.Link(p, arg(1), arg(2))
	case "vacant":
		errno = k.Vacant(p)
	case "nofile":
		errno = k.SetNoFile(p, num(1))
	case "maxfiles":
		k.SetMaxFiles(num(1))
	case "exits":
		woken = k.Exit(p)
	default:
		return "no such call"
	}
	for i, name := range names {
		if i < len(made) && made[i] >= 0 && errno == 0 {
			s.descs[name] = made[i]
			if id, e := k.ID(p, made[i]); e == 0 && s.ids[id] == "" {
				s.ids[id] = name
			}
		}
	}
	return s.answer(errno) + more + s.wakes(woken)
}

// socket names one.
func (s *stage) socket(id ID, ok bool) string {
	switch {
	case !ok:
		return "none"
	case s.ids[id] == "":
		return "one that has no name"
	}
	return s.ids[id]
}

// holders names the processes that have a socket.
func (s *stage) holders(d Desc, p ProcID) string {
	id, _ := s.k.ID(p, d)
	var who []string
	for _, q := range s.k.Holders(nil, id) {
		for name, p := range s.procs {
			if p == q {
				who = append(who, name)
			}
		}
	}
	return strings.Join(who, " ")
}

// open says what a process has open.
func (s *stage) open(p ProcID) string {
	var all []string
	s.k.Descs(p, func(d Desc, r Ref) {
		what := s.socket(r.Sock, r.Sock != 0)
		if r.File != 0 {
			what = "a file"
		}
		if r.Locked {
			what = "a locked file"
		}
		all = append(all, fmt.Sprintf("%d %s", d, what))
	})
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, ", ")
}

// leftovers names the socket files, and who listens there.
func (s *stage) leftovers() string {
	var all []string
	for _, f := range s.k.SocketFiles(nil) {
		all = append(all, f.Path+" of "+s.socket(f.Listener, f.Listener != 0))
	}
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, ", ")
}

// describe says of an Info what is not as in a new socket.
func describe(i Info, ok bool) string {
	if !ok {
		return "nothing"
	}
	words := []string{}
	say := func(ok bool, format string, v ...any) {
		if ok {
			words = append(words, fmt.Sprintf(format, v...))
		}
	}
	say(i.Type != Stream, "type %d", i.Type)
	say(i.Listening, "listening, %d of %d+1 pending", i.Pending, i.Backlog)
	say(i.Connected, "connected")
	say(i.Embryo, "not accepted")
	say(i.PeerDead, "peer dead")
	say(i.Name != "", "name %s", i.Name)
	say(i.PeerName != "", "peer's name %s", i.PeerName)
	say(i.RecvShut, "shut for reading")
	say(i.SendShut, "shut for writing")
	say(i.Err != 0, "reset")
	say(i.Unread != 0, "%d unread", i.Unread)
	say(i.Charged != 0, "charged %d of %d", i.Charged, i.SndBuf)
	if len(words) == 0 {
		return "new"
	}
	return strings.Join(words, ", ")
}

func (s *stage) answer(errno syscall.Errno) string {
	for name, e := range map[string]syscall.Errno{"ok": 0, "EAGAIN": syscall.EAGAIN, "ECONNREFUSED": syscall.ECONNREFUSED, "ECONNRESET": syscall.ECONNRESET,
		"EPIPE": syscall.EPIPE, "EMFILE": syscall.EMFILE, "ENFILE": syscall.ENFILE, "EACCES": syscall.EACCES, "EPERM": syscall.EPERM, "ENOENT": syscall.ENOENT,
		"EADDRINUSE": syscall.EADDRINUSE, "EBADF": syscall.EBADF, "EINVAL": syscall.EINVAL, "ESRCH": syscall.ESRCH, "ENOTSOCK": syscall.ENOTSOCK,
		"ETOOMANYREFS": syscall.ETOOMANYREFS, "ENOTCONN": syscall.ENOTCONN} {
		if e == errno {
			return name
		}
	}
	return errno.Error()
}

func (s *stage) wakes(woken []Waiter) string {
	out := ""
	for _, w := range woken {
		name := s.ids[w.ID]
		switch {
		case w.Events == Unlocked:
			name = "the file"
		case w.Events == Names:
			name = "names"
		}
		for i, e := range []string{"in", "out", "slot", "unlocked", "changed"} {
			if w.Events&(1<<i) != 0 {
				name += " " + e
			}
		}
		out += "; " + name
	}
	return out
}
