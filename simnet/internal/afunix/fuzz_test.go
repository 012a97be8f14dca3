package afunix

import (
	"fmt"
	"hash/fnv"
	"syscall"
	"testing"
)

// A tape turns bytes into operations: whatever the bytes are, there is something
// to do.
type tape struct {
	data []byte
	at   int
}

func (t *tape) byte() int {
	if t.at >= len(t.data) {
		return 0
	}
	t.at++
	return int(t.data[t.at-1])
}

func (t *tape) done() bool { return t.at >= len(t.data) }

var tapeNames = []string{"a", "b", "d/a", "d/b", "d", "d/", ".", "..", "/", "../a", "l", "l/x", "loop", "big", "f", "f/x", "d/d", "d/d/a",
	"\x00a", "\x00a\x00", "\x00", "", "a\x00b", "/d/a", "//d//a", "d/..", "d/.", "nodir/x"}

func (t *tape) name() string { return tapeNames[t.byte()%len(tapeNames)] }

// size has the breakpoints of the buffers, and what only Go can get wrong.
func (t *tape) size() int {
	return [...]int{0, 1, 2, 100, 192, 193, 3776, 3777, 36544, 36545, 1 << 20, 250000}[t.byte()%12]
}

func (t *tape) desc() Desc {
	b := t.byte()
	switch b {
	case 255:
		return -1
	case 254:
		return 1 << 30
	}
	return Desc(b % 24)
}

func (t *tape) proc() ProcID {
	if b := t.byte(); b > 250 {
		return ProcID(b - 252) // -1 … 3
	}
	return ProcID(t.at%3 + 1)
}

// play runs a tape on k, calls each after every operation, and returns a hash of
// all answers.
func play(k *Kernel, data []byte, each func(op string)) uint64 {
	h := fnv.New64a()
	buf := make([]byte, 1<<20)
	room := make([]Desc, 300)
	for i := range 3 {
		k.Spawn(Process{UID: i / 2 * 1000, GID: i / 2 * 1000, NoFile: 16 + 4*i, Umask: 022 * uint32(i)})
	}
	k.Mkdir(1, "d", 0777)
	k.Symlink(1, "d", "l")
	k.Symlink(1, "loop", "loop")
	t := &tape{data: data}
	for n := 0; !t.done() && n < 4000; n++ {
		op := t.step(k, h.Write, buf, room)
		each(op)
	}
	return h.Sum64()
}

func (t *tape) step(k *Kernel, note func([]byte) (int, error), buf []byte, room []Desc) string {
	say := func(v ...any) { note(fmt.Append(nil, v...)) }
	code, p, d := t.byte()%44, t.proc(), t.desc()
	op := fmt.Sprintf("op %d of process %d on %d", code, p, d)
	switch code {
	case 0, 1:
		foreseen := k.Vacant(p)
		d, errno := k.Socket(p, [...]Type{0, 0, 0, 0, 0, 0, Dgram, SeqPacket, 9}[t.byte()%9])
		if errno != foreseen && errno != syscall.ENFILE && errno != syscall.ESOCKTNOSUPPORT {
			panic(fmt.Sprintf("errno %d, and %d foreseen", errno, foreseen))
		}
		say(d, errno)
	case 2, 3:
		say(k.Pair(p))
	case 4, 5:
		say(k.Bind(p, d, t.name()))
	case 6, 7:
		say(k.Listen(p, d, t.byte()%6-2))
	case 8, 9, 10:
		say(k.Connect(p, d, t.name()))
	case 11, 12:
		say(k.Accept(p, d))
	case 13, 14, 15, 16:
		fds := make([]Desc, [...]int{0, 0, 0, 0, 1, 2, 16, 253, 254}[t.byte()%9])
		for i := range fds {
			fds[i] = t.desc()
			if i == 3 {
				for j := range fds {
					fds[j] = fds[j%3]
				}
				break
			}
		}
		b := buf[:t.size()]
		say(k.Send(p, d, [][]byte{b[:len(b)/2], nil, b[len(b)/2:]}, fds))
	case 17, 18, 19, 20:
		b := buf[:t.size()]
		foreseen := k.RecvSize(p, d, len(b))
		n, nfd, cut, errno, woken := k.Recv(p, d, [][]byte{b[:len(b)/3], {}, b[len(b)/3:]}, room[:[...]int{0, 0, 1, 3, 300}[t.byte()%5]], Flags(t.byte()%2))
		if n != foreseen {
			panic(fmt.Sprintf("%d bytes received, and %d foreseen", n, foreseen))
		}
		say(n, nfd, cut, errno, woken, room[:nfd])
	case 21:
		say(k.Read(p, d, buf[:t.size()]))
	case 22:
		switch how := t.byte(); {
		case how >= 225:
			say(k.SeverID(ID(d)))
		case how >= 200:
			say(k.Sever(p, d))
		default:
			say(k.Shutdown(p, d, how%5-1))
		}
	case 23, 24:
		say(k.Close(p, d))
	case 25:
		say(k.Dup(p, d, t.desc()))
	case 26:
		say(k.SetSndBuf(p, d, [...]int{0, -1, 2304, 1 << 30, 8192}[t.byte()%5]))
	case 27:
		say(k.SockError(p, d))
	case 28:
		say(k.Poll(p, d))
		say(k.Unread(p, d))
		say(k.Charged(p, d))
		say(k.SockName(p, d))
		say(k.PeerName(p, d))
		say(k.PeerCred(p, d))
		id, errno := k.ID(p, d)
		say(id, errno)
		say(k.Describe(id))
		say(k.PeerID(id))
		say(k.Holders(nil, id))
	case 29:
		say(k.Open(p, t.name(), t.byte()%2 == 0, t.byte()%2 == 0, 0644))
	case 30:
		say(k.Lock(p, d))
	case 31:
		say(k.Unlock(p, d))
	case 32:
		say(k.Mkdir(p, t.name(), 0755))
	case 33:
		say(k.Symlink(p, t.name(), t.name()))
	case 34:
		say(k.Link(p, t.name(), t.name()))
	case 35:
		say(k.Rename(p, t.name(), t.name()))
	case 36:
		say(k.Unlink(p, t.name()))
	case 37:
		say(k.Rmdir(p, t.name()))
	case 38:
		say(k.Chmod(p, t.name(), uint32(t.byte())*2))
	case 39:
		say(k.Chdir(p, t.name()))
	case 40:
		t.process(k, say, p)
	case 41:
		say(k.SetReadOnly(p, t.name(), t.byte()%2 == 0))
	case 42:
		say(k.SocketFiles(nil))
		say(k.Listening(p, t.name()))
		say(k.Lstat(p, t.name()))
		say(k.Fstat(p, d))
	case 43:
		say(k.SetSockMode(p, d, 0600))
		say(k.Mknod(p, t.name(), Kind(t.byte()%6), 0644))
		say(k.Names(p, t.name()))
	}
	return op
}

// process does what concerns a whole process or the machine.
func (t *tape) process(k *Kernel, say func(...any), p ProcID) {
	switch t.byte() % 8 {
	case 0:
		say(k.Exit(p))
		say(k.Spawn(Process{Dir: t.name(), NoFile: 8}))
	case 1:
		say(k.SetNoFile(p, t.byte()%20-1))
	case 2:
		k.SetMaxFiles([...]int{1 << 20, 5, 0}[t.byte()%3])
	case 3:
		say(k.SetUser(p, t.byte()%2*1000, 0))
	case 4:
		say(k.SetUmask(p, uint32(t.byte())))
	case 5:
		k.Descs(p, func(d Desc, r Ref) {
			id, _ := k.ID(p, d)
			st, _ := k.Fstat(p, d)
			if id != r.Sock || ID(st.Ino) != r.File {
				panic(fmt.Sprintf("descriptor %d is %v", d, r))
			}
			say(d, r)
		})
	case 6:
		say(k.Same(p, t.desc(), p, t.desc()))
	case 7:
		say(k.Cyclic(p, t.desc(), []Desc{t.desc()}))
	}
}

// Whatever is asked of a kernel, it does not panic and stays what its comments
// say it is; and it answers the same again after a Reset.
func FuzzKernel(f *testing.F) {
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		k := New(Config{})
		first := play(k, data, func(op string) {
			if err := k.Check(); err != nil {
				t.Fatalf("after %s: %v", op, err)
			}
		})
		k.Reset()
		if err := k.Check(); err != nil {
			t.Fatalf("after Reset: %v", err)
		}
		if again := play(k, data, func(string) {}); again != first {
			t.Fatal("other answers after Reset")
		}
	})
}
