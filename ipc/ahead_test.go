package ipc

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"example.com/brine/transport"
)

// A recvStory is what a peer sent, how it is chopped on the way, and what the
// receiver does.
type recvStory struct {
	in     []atom
	chunks []int // the sizes of reads, over and over
	noFDs  bool
	calls  []recvCall
}

type recvCall struct {
	kind byte // r: Recv, l: RecvList with 3 bytes skipped in the middle, s: Skip, f: RecvFD
	n    int
}

// check runs a story against a model that knows nothing of reading ahead: a
// position in the stream. It returns what went wrong, or nil.
//
// The law: bytes come in order and complete; a descriptor is delivered where
// it was sent or closed, once; nothing is open in the end.
func (s recvStory) check() error {
	var fds []*fakeFD
	for _, a := range s.in {
		fds = append(fds, a.fds...)
	}
	turn := 0
	fake := &fakeConn{in: s.in, noFDs: s.noFDs, chunk: func() int {
		if len(s.chunks) == 0 {
			return 1 << 20
		}
		turn++
		return s.chunks[turn%len(s.chunks)]
	}}
	if s.noFDs {
		in := make([]atom, len(s.in))
		for i := range in {
			in[i].b = s.in[i].b
		}
		fake.in, fds = in, nil
	}
	c := new(Conn)
	if err := ConnectMem(c, &fakeTransport{conns: []transport.Conn{fake}}, "p", never); err != nil {
		return err
	}

	pos, state := 0, usable
	var delivered []transport.FD
	for i, call := range s.calls {
		var got []byte
		var fd transport.FD
		var err error
		switch call.kind {
		case 'r':
			got = make([]byte, call.n)
			err = c.Recv(got, never)
		case 'l':
			got = make([]byte, call.n)
			half := call.n / 2
			err = c.RecvList([]Buf{{Bytes: got[:half]}, {Skip: 3}, {Bytes: got[half:]}}, never)
		case 's':
			err = c.Skip(call.n, never)
		case 'f':
			fd, err = c.RecvFD(never)
		}
		if e := c.invariants(); e != nil {
			return fmt.Errorf("after call %d: %w", i, e)
		}

		// The model.
		var want syscall.Errno
		var wantBytes []byte
		var wantFD *fakeFD
		need := call.n
		switch call.kind {
		case 'l':
			need += 3
		case 'f':
			need = 1
		}
		switch {
		case state != usable:
			want = state.admit()
		case call.kind == 'f' && s.noFDs:
			want = syscall.ENOTSUP
		case need > len(s.in)-pos:
			want, state, pos = syscall.EPIPE, ended, len(s.in)
		case call.kind == 'f':
			switch a := s.in[pos]; {
			case a.lost:
				want, state = syscall.EMFILE, failed
			case len(a.fds) == 0:
				want, state = syscall.EPROTO, failed
			default:
				wantFD = a.fds[0]
			}
			pos++
		default:
			passed := s.in[pos : pos+need]
			pos += need
			half := call.n / 2
			for j, a := range passed {
				skipped := call.kind == 's' || call.kind == 'l' && j >= half && j < half+3
				if !skipped {
					wantBytes = append(wantBytes, a.b)
				}
			}
		}

		if transport.Errno(err) != want {
			return fmt.Errorf("call %d, %c %d: %v, want %v", i, call.kind, call.n, err, want)
		}
		if want == 0 && string(got) != string(wantBytes) {
			return fmt.Errorf("call %d, %c %d: got %q, want %q", i, call.kind, call.n, got, wantBytes)
		}
		if wantFD == nil && fd != nil || wantFD != nil && fd != wantFD {
			return fmt.Errorf("call %d: got %v, want %v", i, fd, wantFD)
		}
		if fd != nil {
			delivered = append(delivered, fd)
		}
		// What the receiver has passed, and did not get, is closed by now.
		if !s.noFDs {
			for j, a := range s.in[:pos] {
				for k, x := range a.fds {
					if mine := contains(delivered, x); x.closed == 0 && !mine || x.closed > 0 && mine {
						return fmt.Errorf("after call %d: descriptor %d of byte %d closed %d times, delivered: %v", i, k, j, x.closed, mine)
					}
				}
			}
		}
	}
	if len(s.calls)%2 == 0 {
		c.Abort()
	} else {
		c.Close(never)
	}
	for _, fd := range delivered {
		fd.Close()
	}
	for _, fd := range fds {
		if fd.closed != 1 {
			return fmt.Errorf("in the end %v was closed %d times", fd, fd.closed)
		}
	}
	return nil
}

// invariants checks what Conn's comment says of the read-ahead.
func (c *Conn) invariants() error {
	switch {
	case c.start < 0 || c.start > c.end || c.end > aheadSize:
		return fmt.Errorf("read-ahead from %d to %d", c.start, c.end)
	case c.start == c.end && c.start != 0:
		return fmt.Errorf("empty read-ahead at %d", c.start)
	case c.end == 0 && (c.rfds[0] != nil || c.lost):
		return fmt.Errorf("a descriptor on an empty read-ahead")
	case c.rfds[0] != nil && c.lost:
		return fmt.Errorf("a descriptor there and lost")
	case c.recv.state != usable && c.end != 0:
		return fmt.Errorf("read-ahead that nobody can receive")
	case c.rbufs[0] != nil:
		return fmt.Errorf("the caller's buffer is kept")
	case c.send.busy.Load() || c.recv.busy.Load():
		return fmt.Errorf("a direction is claimed")
	}
	return nil
}

func contains(list []transport.FD, fd *fakeFD) bool {
	for _, x := range list {
		if x == transport.FD(fd) {
			return true
		}
	}
	return false
}

// TestReceiveLaw checks the law on random stories.
func TestReceiveLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s recvStory
		// Runs of plain bytes of sizes around that of the read-ahead, each
		// followed by a byte that carries something.
		id := 0
		for range rapid.IntRange(0, 6).Draw(t, "runs") {
			run := rapid.OneOf(rapid.IntRange(0, 8), rapid.IntRange(aheadSize-3, aheadSize+3), rapid.IntRange(0, 3*aheadSize)).Draw(t, "run")
			for range run {
				id++
				s.in = append(s.in, atom{b: byte(id % 251)})
			}
			a := atom{b: 0xcc, lost: rapid.IntRange(0, 9).Draw(t, "lost") == 9}
			if !a.lost {
				for range rapid.IntRange(1, 3).Draw(t, "fds") {
					id++
					a.fds = append(a.fds, &fakeFD{id: id})
				}
			}
			s.in = append(s.in, a)
		}
		s.chunks = rapid.SliceOfN(rapid.OneOf(rapid.IntRange(1, 8), rapid.IntRange(1, 4*aheadSize)), 0, 5).Draw(t, "chunks")
		s.noFDs = rapid.IntRange(0, 9).Draw(t, "noFDs") == 9
		// Calls that aim at the descriptors more often than chance would.
		pos := 0
		for range rapid.IntRange(0, 20).Draw(t, "calls") {
			next := pos
			for next < len(s.in) && len(s.in[next].fds) == 0 {
				next++
			}
			call := recvCall{kind: rapid.SampledFrom([]byte("rrrslf")).Draw(t, "kind")}
			switch rapid.IntRange(0, 3).Draw(t, "aim") {
			case 0:
				call.n = next - pos // up to the descriptor
			case 1:
				call.n = next - pos + 1 // through it
			case 2:
				call.n = rapid.IntRange(0, 10).Draw(t, "n")
			case 3:
				call.n = rapid.IntRange(0, 3*aheadSize).Draw(t, "n")
			}
			if next == pos && next < len(s.in) && rapid.Bool().Draw(t, "take") {
				call.kind = 'f'
			}
			switch call.kind {
			case 'f':
				pos++
			case 'l':
				pos += call.n + 3
			default:
				pos += call.n
			}
			pos = min(pos, len(s.in))
			s.calls = append(s.calls, call)
		}
		if err := s.check(); err != nil {
			t.Fatal(err)
		}
	})
}

// A fuzzed story is text, so that the corpus can be read: what is sent, a space,
// the sizes of reads, a space, the calls. Letters are bytes sent, a digit n a
// byte with n descriptors, "!" one whose descriptor is lost, "~" 700 bytes; the
// read sizes are characters, "a" for 1, "b" for 2 and so on, capitals for a
// hundred times that; a call is its kind, then a character for its length in the
// same way. A "-" at the front stands for a transport without descriptors.
func parseStory(text string) (s recvStory) {
	text, s.noFDs = strings.CutPrefix(text, "-")
	in, rest, _ := strings.Cut(text, " ")
	chunks, calls, _ := strings.Cut(rest, " ")
	for i := range min(len(in), 64) {
		switch ch := in[i]; {
		case ch >= '1' && ch <= '9':
			a := atom{b: ch}
			for range ch - '0' {
				a.fds = append(a.fds, &fakeFD{id: i})
			}
			s.in = append(s.in, a)
		case ch == '!':
			s.in = append(s.in, atom{b: ch, lost: true})
		case ch == '~':
			s.in = append(s.in, plain(strings.Repeat("wave-me", 100))...)
		default:
			s.in = append(s.in, atom{b: ch})
		}
	}
	for i := range min(len(chunks), 64) {
		s.chunks = append(s.chunks, storySize(chunks[i]))
	}
	for i := 0; i+1 < min(len(calls), 128); i += 2 {
		kind := calls[i]
		if !strings.ContainsRune("rslf", rune(kind)) {
			kind = "rslf"[kind%4]
		}
		s.calls = append(s.calls, recvCall{kind: kind, n: storySize(calls[i+1])})
	}
	return s
}

func storySize(ch byte) int {
	switch {
	case ch >= 'a' && ch <= 'z':
		return int(ch-'a') + 1
	case ch >= 'A' && ch <= 'Z':
		return 100 * (int(ch-'A') + 1)
	}
	return int(ch) % 64
}

// FuzzReceive checks the law on stories that the fuzzer makes up.
func FuzzReceive(f *testing.F) {
	f.Add("abc1def h rcf.rc")           // a descriptor between two messages, read in one piece
	f.Add("abc3def ab rcf.rc")          // three on one byte, read in bits
	f.Add("abc1def1 h rhr. ")           // nobody asks for them
	f.Add("a!b h raf.rb")               // the process has no room
	f.Add("a!b h rarb")                 // and nobody asks
	f.Add("ab1 h f.ra")                 // asked for too early
	f.Add("-abc1 h raf.rb")             // a transport without
	f.Add("~~~1~1 AZ sArAlUf.rGf.r.sg") // across the end of the read-ahead
	f.Fuzz(func(t *testing.T, text string) {
		if err := parseStory(text).check(); err != nil {
			t.Fatal(err)
		}
	})
}
