package conform

import (
	"fmt"
	"strings"
	"testing"
)

// onKernel runs f with both machines, on a thread of its own.
func onKernel(t *testing.T, f func(r *runner)) {
	t.Helper()
	done := make(chan error)
	go func() {
		r, rep, err := newRunner()
		if err == nil {
			if rep.Loose == "" {
				f(r)
			}
			r.kernel.close()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Skip(err)
	}
}

// A told op stands with what both machines have to answer.
type told struct {
	op
	want string
}

// tell carries a story out, and returns what went wrong.
func (r *runner) tell(story []told) error {
	if err := r.begin(); err != nil {
		return err
	}
	defer r.kernel.end()
	for i := range story {
		s := &story[i]
		if diff := r.step(&s.op); diff != "" {
			return fmt.Errorf("%s: %s", s.op, diff)
		}
		if diff := r.sweep(); diff != "" {
			return fmt.Errorf("after %s: %s", s.op, diff)
		}
		if s.verb == vCloseAll {
			continue
		}
		got := outcome(&s.op, &r.got[0])
		if s.n > 0 && (s.verb == vSend || s.verb == vRecv || s.verb == vFill || s.verb == vPeek) && r.got[0].errno == 0 || s.verb == vFill {
			got = strings.TrimPrefix(fmt.Sprintf("%s %d", got, r.got[0].n), "ok ")
		}
		if s.verb == vPair || s.verb == vSocket {
			continue
		}
		if got != s.want && s.want != "" {
			return fmt.Errorf("%s: both answer %q, want %q", s.op, got, s.want)
		}
	}
	return nil
}

func pair() told { return told{op: op{verb: vPair, w: 0, x: 1}} }
func ask(v verb, at int8, n int, want string) told {
	return told{op{verb: v, v: at, n: n}, want}
}
func name(v verb, at int8, name, want string) told { return told{op{verb: v, v: at, name: name}, want} }
func two(v verb, from, to, want string) told       { return told{op{verb: v, name: from, name2: to}, want} }
func make1(v verb, at int8) told                   { return told{op: op{verb: v, w: at}} }
func accept(l, at int8, want string) told          { return told{op{verb: vAccept, v: l, w: at}, want} }

func tellListen(at int8, path string, backlog int) []told {
	return []told{make1(vSocket, at), name(vBind, at, path, "ok"), ask(vListen, at, backlog, "ok")}
}

func chapters(parts ...[]told) (all []told) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// The weak spots: what a random script meets too rarely to rely on.
func TestStories(t *testing.T) {
	long := strings.Repeat("n", 107)
	stories := []struct {
		name  string
		story []told
	}{
		{"a quarter of the buffer, less one byte", []told{pair(), ask(vSndBuf, 0, 4608, "ok"), ask(vSend, 0, 1, "1"), ask(vSend, 0, 1, "1"), ask(vSend, 0, 1, "1"),
			ask(vSend, 0, 1, "1"), ask(vRecv, 1, 1, "1"), ask(vRecv, 1, 1, "1")}},
		{"a sender that one byte keeps asleep", []told{pair(), ask(vSndBuf, 0, 4610, "ok"), ask(vSend, 0, 1, "1"), ask(vSend, 0, 1, "1"), ask(vSend, 0, 1, "1"),
			ask(vSend, 0, 1, "1"), ask(vRecv, 1, 1, "1"), ask(vRecv, 1, 1, "1")}},
		{"one byte unread keeps a whole piece charged", []told{pair(), ask(vSend, 0, 30000, "30000"), ask(vRecv, 1, 29999, "29999"), ask(vRecv, 1, 1, "1")}},
		{"a closed client keeps its place", chapters(tellListen(0, "a", 0), []told{make1(vSocket, 1), name(vConnect, 1, "a", "ok"), ask(vSend, 1, 5, "5"),
			ask(vClose, 1, 0, "ok"), make1(vSocket, 2), name(vConnect, 2, "a", "EAGAIN"), accept(0, 3, "ok"), ask(vRecv, 3, 9, "5"), ask(vRecv, 3, 9, "EOF 0"),
			name(vConnect, 2, "a", "ok")})},
		{"a backlog of 0, of 3, and none", chapters(tellListen(0, "a", 0), []told{make1(vSocket, 1), make1(vSocket, 2), make1(vSocket, 3), make1(vSocket, 4),
			name(vConnect, 1, "a", "ok"), name(vConnect, 2, "a", "EAGAIN"), ask(vListen, 0, 2, "ok"), name(vConnect, 2, "a", "ok"), name(vConnect, 3, "a", "ok"),
			name(vConnect, 4, "a", "EAGAIN"), ask(vListen, 0, -1, "negative"), name(vConnect, 4, "a", "ok"), ask(vListen, 0, 0, "ok"), accept(0, 5, "ok"),
			accept(0, 6, "ok"), accept(0, 7, "ok"), accept(0, 8, "ok"), accept(0, 9, "EAGAIN")})},
		{"a listener goes: reset once, EPIPE always", chapters(tellListen(0, "a", 1), []told{make1(vSocket, 1), name(vConnect, 1, "a", "ok"), ask(vSend, 1, 5, "5"),
			ask(vClose, 0, 0, "ok"), ask(vSend, 1, 1, "EPIPE"), ask(vSend, 1, 1, "EPIPE"), ask(vRecv, 1, 1, "ECONNRESET"), ask(vRecv, 1, 1, "EOF 0"),
			name(vConnect, 1, "a", "ECONNREFUSED"), name(vConnect, 1, "b", "ENOENT")})},
		{"data, reset, end", []told{pair(), ask(vSend, 0, 5, "5"), ask(vSend, 1, 7, "7"), ask(vClose, 1, 0, "ok"), ask(vRecv, 0, 3, "3"), ask(vRecv, 0, 9, "4"),
			ask(vRecv, 0, 9, "ECONNRESET"), ask(vRecv, 0, 9, "EOF 0")}},
		{"end, reset, end", []told{pair(), ask(vSend, 0, 5, "5"), ask(vShutdown, 1, 1, "WR"), ask(vRecv, 0, 9, "EOF 0"), ask(vClose, 1, 0, "ok"),
			ask(vPeek, 0, 9, "ECONNRESET"), ask(vRecv, 0, 9, "EOF 0"), ask(vSockErr, 0, 0, "ok")}},
		{"no bytes", []told{pair(), ask(vRecv, 0, 0, "EAGAIN"), ask(vRead, 0, 0, "nothing"), ask(vFill, 0, 1000, "EAGAIN 93000"), ask(vSend, 0, 0, "nothing"),
			ask(vRecv, 1, 0, "nothing"), ask(vClose, 1, 0, "ok"), ask(vSend, 0, 0, "EPIPE"), ask(vRecv, 0, 0, "ECONNRESET"), ask(vRecv, 0, 0, "nothing")}},
		{"SHUT_RD leaves what is queued", []told{pair(), ask(vSend, 0, 5, "5"), ask(vShutdown, 1, 0, "RD"), ask(vSend, 0, 1, "EPIPE"), ask(vRecv, 1, 3, "3"),
			ask(vRecv, 1, 9, "2"), ask(vRecv, 1, 9, "EOF 0"), ask(vSend, 1, 4, "4"), ask(vRecv, 0, 9, "4")}},
		{"what fits: by one", []told{pair(), ask(vFill, 0, 1, "EAGAIN 278")}},
		{"what fits: by 4096", []told{pair(), ask(vFill, 0, 4096, "EAGAIN 180224")}},
		{"what fits: by 65536", []told{pair(), ask(vFill, 0, 65536, "EAGAIN 233152")}},
		{"what fits: 1 MiB", []told{pair(), ask(vSend, 0, 1<<20, "part 219264"), ask(vSend, 0, 1, "EAGAIN")}},
		{"what fits: the smallest buffer", []told{pair(), ask(vSndBuf, 0, 0, "ok"), ask(vFill, 0, 65536, "EAGAIN 4480")}},
		{"peek over descriptors", []told{pair(), {op{verb: vPair, w: 2, x: 3}, ""}, ask(vSend, 0, 10, "10"),
			{op{verb: vSend, v: 0, n: 4, m: 2, vars: [3]int8{2, 3, 2}}, "with fds 4"}, ask(vSend, 0, 3, "3"),
			{op{verb: vPeek, v: 1, n: 2, m: 3, vars: [3]int8{5, 6, 7}}, "with fds 2"}, ask(vRecv, 1, 12, "no fds, cut 12"), ask(vRecv, 1, 99, "5")}},
		{"bytes before descriptors merge, bytes after do not", []told{pair(), {op{verb: vPair, w: 2, x: 3}, ""}, ask(vSend, 0, 1, "1"),
			{op{verb: vSend, v: 0, n: 4, m: 1, vars: [3]int8{2, 2, 2}}, "with fds 4"}, ask(vSend, 0, 3, "3"),
			{op{verb: vRecv, v: 1, n: 99, m: 1, vars: [3]int8{5, 6, 7}}, "with fds 5"}, ask(vRecv, 1, 99, "3"), ask(vSend, 5, 2, "2"), ask(vRecv, 3, 9, "2")}},
		{"descriptors in flight go with their receiver", []told{pair(), {op{verb: vPair, w: 2, x: 3}, ""}, ask(vSend, 3, 1, "1"),
			{op{verb: vSend, v: 0, n: 1, m: 1, vars: [3]int8{2, 2, 2}}, "with fds 1"}, ask(vClose, 2, 0, "ok"), ask(vRecv, 3, 1, "EAGAIN"),
			ask(vClose, 1, 0, "ok"), ask(vRecv, 3, 1, "ECONNRESET"), ask(vRecv, 0, 1, "ECONNRESET")}},
		{"107 and 108 bytes", chapters(tellListen(0, long, 1), tellListen(1, long+"n", 1), []told{make1(vSocket, 2), name(vConnect, 2, long, "ok"),
			make1(vSocket, 3), name(vConnect, 3, long+"n", "ok"), make1(vSocket, 4), name(vConnect, 4, long+"nn", "EINVAL"), name(vBind, 4, long+"nn", "EINVAL")})},
		{"an abstract name of one NUL, of 108", []told{make1(vSocket, 0), name(vBind, 0, "\x00"+strings.Repeat("\x00", 107), "ok"), make1(vSocket, 1),
			name(vConnect, 1, "\x00"+strings.Repeat("\x00", 106), "ECONNREFUSED"), name(vConnect, 1, "", "EINVAL")}},
		{"the order of bind", []told{make1(vSocket, 0), name(vBind, 0, "a", "ok"), name(vBind, 0, "a", "EADDRINUSE"), name(vBind, 0, "nodir/x", "ENOENT"),
			name(vBind, 0, "a/x", "ENOTDIR"), name(vBind, 0, "b/", "ENOENT"), name(vBind, 0, "b", "EINVAL"), name(vStat, 0, "b", "ENOENT")}},
		{"a working directory that is gone", []told{{op{verb: vMkdir, name: "d", n: 0755}, "ok"}, name(vChdir, 0, "d", "ok"), name(vRmdir, 0, "../d", "ok"),
			make1(vSocket, 0), name(vBind, 0, "x", "ENOENT"), name(vConnect, 0, "x", "ENOENT"), name(vConnect, 0, ".", "ECONNREFUSED"), name(vBind, 0, "../x", "ok"),
			name(vConnect, 0, "../x", "ECONNREFUSED"), name(vBind, 0, ".", "EADDRINUSE")}},
		{"names come and go, the socket stays", chapters(tellListen(0, "a", 5), []told{two(vLink, "a", "b", "ok"), two(vRename, "a", "c", "ok"),
			two(vSymlink, "b", "l", "ok"), make1(vSocket, 1), name(vConnect, 1, "c", "ok"), make1(vSocket, 2), name(vConnect, 2, "l", "ok"),
			name(vUnlink, 0, "c", "ok"), name(vUnlink, 0, "b", "ok"), make1(vSocket, 3), name(vConnect, 3, "l", "ENOENT"), name(vBind, 3, "b", "ok"),
			accept(0, 4, "ok"), accept(0, 5, "ok"), accept(0, 6, "EAGAIN")})},
	}
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			var err error
			onKernel(t, func(r *runner) { err = r.tell(s.story) })
			if err != nil {
				t.Error(err)
			}
		})
	}
}
