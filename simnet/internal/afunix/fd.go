package afunix

import (
	"math/bits"
	"syscall"
)

// A Desc is a descriptor: a number of one process, 0 or more.
type Desc int32

// A file is an open description: what descriptors refer to. Either sock or node
// is set. It is released when the last descriptor, and the last message that
// carries it, is gone, or what is left are messages that nobody can ever receive.
type file struct {
	refs   int32 // descriptors, and mentions in messages in flight
	flight int32 // the latter alone
	sock   *socket
	node   *inode // of an opened file
}

// A process has a table of descriptors. files[d] is not nil if and only if bit
// d of used is set, and no number below next is free.
type process struct {
	id       ProcID
	uid, gid int
	umask    uint32
	limit    int // RLIMIT_NOFILE
	cwd      *inode
	files    []*file
	used     []uint64
	next     int
}

// free returns the lowest free number that is not below from (alloc_fd). It is
// EMFILE if that is not below the limit.
func (p *process) free(from int) (int, syscall.Errno) {
	from = max(from, p.next)
	d := len(p.files)
	if from < d {
		w := from / 64
		free := ^p.used[w] &^ (1<<(from%64) - 1)
		for free == 0 && w+1 < len(p.used) {
			w++
			free = ^p.used[w]
		}
		if free != 0 {
			d = w*64 + bits.TrailingZeros64(free)
		} else {
			d = len(p.used) * 64
		}
	} else {
		d = from
	}
	if d >= p.limit {
		return 0, syscall.EMFILE
	}
	return d, 0
}

// Vacant says whether a process has a number for one more descriptor: EMFILE if
// not. Errors: ESRCH.
func (k *Kernel) Vacant(p ProcID) syscall.Errno {
	pr, errno := k.proc(p)
	if errno == 0 {
		_, errno = pr.free(0)
	}
	return errno
}

// install gives a number that free returned to f.
func (p *process) install(d int, f *file) Desc {
	for d >= len(p.files) {
		p.files = append(p.files, nil)
	}
	for d/64 >= len(p.used) {
		p.used = append(p.used, 0)
	}
	p.files[d] = f
	p.used[d/64] |= 1 << (d % 64)
	if d == p.next {
		p.next++
	}
	f.refs++
	return Desc(d)
}

// remove takes the number back.
func (p *process) remove(d Desc) *file {
	f := p.files[d]
	p.files[d] = nil
	p.used[d/64] &^= 1 << (d % 64)
	p.next = min(p.next, int(d))
	return f
}

// desc looks a descriptor up.
func (k *Kernel) desc(p ProcID, d Desc) (*process, *file, syscall.Errno) {
	if i := uint(p) - 1; i < uint(len(k.procs)) {
		if pr := k.procs[i]; pr != nil {
			if uint(d) < uint(len(pr.files)) && pr.files[d] != nil {
				return pr, pr.files[d], 0
			}
			return nil, nil, syscall.EBADF
		}
	}
	return nil, nil, syscall.ESRCH
}

// socket looks up a descriptor that has to be a socket's.
func (k *Kernel) socket(p ProcID, d Desc) (*process, *socket, syscall.Errno) {
	pr, f, errno := k.desc(p, d)
	if errno != 0 {
		return nil, nil, errno
	}
	if f.sock == nil {
		return nil, nil, syscall.ENOTSOCK
	}
	return pr, f.sock, 0
}

// Dup makes another descriptor of the same description, the lowest that is not
// below from (F_DUPFD). Errors: EBADF; EINVAL for a from that is negative or
// not below the limit; EMFILE.
func (k *Kernel) Dup(p ProcID, d, from Desc) (Desc, syscall.Errno) {
	pr, f, errno := k.desc(p, d)
	if errno != 0 {
		return -1, errno
	}
	if from < 0 || int(from) >= pr.limit {
		return -1, syscall.EINVAL // f_dupfd
	}
	n, errno := pr.free(int(from))
	if errno != 0 {
		return -1, errno
	}
	return pr.install(n, f), 0
}

// Same reports whether two descriptors refer to the same description.
func (k *Kernel) Same(p ProcID, d Desc, q ProcID, e Desc) bool {
	_, f, errno := k.desc(p, d)
	_, g, errno2 := k.desc(q, e)
	return errno == 0 && errno2 == 0 && f == g
}

// A Ref says what a descriptor refers to: a socket, or an opened file. The other
// ID is 0.
type Ref struct {
	Sock   ID
	File   ID   // its inode number, as Stat.Ino is
	Locked bool // this description of the file holds its lock
}

// Descs calls f for each descriptor of a process, in ascending order. f may
// close it.
func (k *Kernel) Descs(p ProcID, f func(Desc, Ref)) {
	pr, errno := k.proc(p)
	if errno != 0 {
		return
	}
	for d, file := range pr.files {
		switch {
		case file == nil:
		case file.sock != nil:
			f(Desc(d), Ref{Sock: file.sock.id})
		default:
			f(Desc(d), Ref{File: ID(file.node.ino), Locked: file.node.lock == file})
		}
	}
}
