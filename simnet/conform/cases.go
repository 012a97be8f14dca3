package conform

import "strings"

// A Case is something that a comparison is not complete without: an operation
// and what came of it.
type Case struct {
	Op     string // what was called and, for a name, on what kind of one
	Result string // an errno, or a word for a kind of success
	Root   bool   // takes a second user, and so root's rights
	Exact  bool   // takes a kernel whose buffers are counted as the core's
}

func (c Case) String() string { return c.Op + ": " + c.Result }

// Cases are what has to occur: what matters of AF_UNIX, and what a simulation
// gets wrong most easily. An operation stands with its results, one of which may
// have a mark: (root), (exact).
var Cases = parse(`
socket: ok, EMFILE
socketpair: ok, EMFILE
dup: ok, EMFILE
close: ok

bind missing: ok, EINVAL, EACCES (root)
bind missing/: ENOENT
bind elsewhere: ok, ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EINVAL, EACCES (root)
bind elsewhere/: ENOENT
bind dir: EADDRINUSE
bind dir/: EADDRINUSE
bind file: EADDRINUSE
bind file/: EADDRINUSE
bind fifo: EADDRINUSE
bind socket: EADDRINUSE
bind socket/: EADDRINUSE
bind hardlink: EADDRINUSE
bind symlink: EADDRINUSE
bind symlink/: EADDRINUSE
bind abstract: ok, EADDRINUSE, EINVAL
bind unnamed: ok
bind of 107 bytes: ok, EADDRINUSE
bind of 108 bytes: ok, EADDRINUSE
bind of 109 bytes: EINVAL
bind on what is not a socket: ENOTSOCK

connect missing: ENOENT
connect missing/: ENOENT
connect elsewhere: ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EACCES (root)
connect elsewhere/: ENOENT, ENOTDIR
connect dir: ECONNREFUSED, EACCES (root)
connect dir/: ECONNREFUSED
connect file: ECONNREFUSED, EACCES (root)
connect file/: ENOTDIR
connect fifo: ECONNREFUSED
connect socket: ok, ECONNREFUSED, EAGAIN, EISCONN, EINVAL, EPROTOTYPE, EACCES (root)
connect socket/: ENOTDIR
connect hardlink: ok, ECONNREFUSED
connect symlink: ok, ECONNREFUSED, ENOENT, ELOOP, ENAMETOOLONG, ENOTDIR, EACCES (root)
connect symlink/: ECONNREFUSED, ELOOP, ENOTDIR
connect abstract: ok, ECONNREFUSED, EAGAIN, EISCONN, EINVAL
connect unnamed: EINVAL
connect of 107 bytes: ok, ENOENT
connect of 108 bytes: ok, ENOENT
connect of 109 bytes: EINVAL
connect on what is not a socket: ENOTSOCK

listen: ok, negative, EINVAL, ENOTSOCK
accept: ok, EAGAIN, EINVAL, EMFILE, ENOTSOCK

send: ok, part (exact), nothing, EAGAIN (exact), EPIPE, ENOTCONN, ENOTSOCK
send: with fds, nothing; fds dropped, EBADF, EINVAL, ETOOMANYREFS (root)
fill: EAGAIN (exact), EPIPE
recv: ok, EOF, nothing, EAGAIN, ECONNRESET, EINVAL, with fds, some fds; cut, no fds; cut, ENOTSOCK
peek: ok, EOF, nothing, EAGAIN, ECONNRESET, EINVAL, with fds, no fds; cut
read: ok, EOF, nothing, EAGAIN, ECONNRESET, EINVAL

shutdown: RD, WR, RDWR, EINVAL
setsndbuf: ok (exact)
so_error: ok, ECONNRESET
so_peercred: ok, nobody
fchmod: ok, EPERM (root)

open: ok, EMFILE, ENXIO, EISDIR, ELOOP, EACCES (root)
flock: ok, EAGAIN
unflock: ok
unlink: ok, ENOENT, EISDIR, ENOTDIR, EACCES (root), EPERM (root)
rename: ok, ENOENT, EISDIR, ENOTDIR, EBUSY, EINVAL, EACCES (root)
link: ok, EEXIST, EPERM, EACCES (root)
symlink: ok, EEXIST
mkdir: ok, EEXIST
rmdir: ok, ENOTEMPTY, ENOTDIR
chmod: ok, EPERM (root)
chdir: ok, ENOTDIR

poll of a listener: , IN, IN RDHUP, IN RDHUP HUP
poll: OUT, IN OUT, OUT HUP, IN OUT RDHUP, IN OUT RDHUP HUP, IN OUT RDHUP HUP ERR
poll: , IN, IN RDHUP
`)

func parse(table string) (cases []Case) {
	for line := range strings.Lines(table) {
		op, results, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if !ok {
			continue
		}
		for _, r := range strings.Split(results, ", ") {
			c := Case{Op: op, Result: strings.ReplaceAll(r, "; ", ", ")}
			c.Result, c.Root = strings.CutSuffix(c.Result, " (root)")
			c.Result, c.Exact = strings.CutSuffix(c.Result, " (exact)")
			c.Exact = c.Exact || op == "poll" && !strings.Contains(r, "OUT") // a full buffer
			cases = append(cases, c)
		}
	}
	return cases
}
