package afunix

import (
	"strings"
	"syscall"
)

// maxName is how many bytes sun_path has.
const maxName = 108

// Bind names a socket. name is what stands in sun_path: a path, which ends at
// its first NUL; an abstract name, which begins with one; or "" for an abstract
// name of the kernel's choice.
//
// Errors, in this order: EINVAL for a name of more than 108 bytes; those of the
// path's directories; EADDRINUSE; ENOENT for a slash at the end; EROFS; EACCES;
// EINVAL for a socket that has a name. An abstract name is looked at last. A
// socket that has a name can be bound to "" again, which changes nothing.
func (k *Kernel) Bind(p ProcID, d Desc, name string) syscall.Errno {
	pr, s, errno := k.socket(p, d)
	switch {
	case errno != 0:
		return errno
	case len(name) > maxName:
		return syscall.EINVAL // unix_validate_addr
	case name == "":
		k.bindAuto(s)
		return 0
	case name[0] == 0:
		return k.bindAbstract(s, name)
	}
	return k.bindPath(pr, s, pathOf(name))
}

// pathOf cuts a name where a path ends (unix_mkname_bsd).
func pathOf(name string) string {
	if i := strings.IndexByte(name, 0); i >= 0 {
		return name[:i]
	}
	return name
}

// bindPath makes a file (unix_bind_bsd). That comes first: a socket that has a
// name already learns it only if all else is well, and the new file is removed
// again.
func (k *Kernel) bindPath(pr *process, s *socket, path string) syscall.Errno {
	dir, last, errno := k.create(pr, path, false)
	if errno == syscall.EEXIST {
		return syscall.EADDRINUSE
	}
	if errno != 0 {
		return errno
	}
	if s.name != "" {
		return syscall.EINVAL
	}
	n := k.tree.make(pr, dir, last, Sock, s.mode&^pr.umask)
	n.refs++
	n.sock = s
	s.node = n
	s.name = path
	return 0
}

// bindAbstract enters a name that no file has (unix_bind_abstract). Names are
// the same if all their bytes are, trailing NULs included; each type of socket
// has names of its own (unix_abstract_hash).
func (k *Kernel) bindAbstract(s *socket, name string) syscall.Errno {
	if s.name != "" {
		return syscall.EINVAL
	}
	if k.abstract(name, s.typ) != nil {
		return syscall.EADDRINUSE
	}
	s.name = name
	k.enter(s)
	return 0
}

// abstract returns the socket that has an abstract name.
func (k *Kernel) abstract(name string, typ Type) *socket {
	s := k.byAbs[name]
	for s != nil && s.typ != typ {
		s = s.abs
	}
	return s
}

// enter makes a socket known by its abstract name.
func (k *Kernel) enter(s *socket) {
	s.abs = k.byAbs[s.name]
	k.byAbs[s.name] = s
	s.entered = true
}

// leave takes it out again.
func (k *Kernel) leave(s *socket) {
	head := k.byAbs[s.name]
	if head == s {
		if s.abs == nil {
			delete(k.byAbs, s.name)
		} else {
			k.byAbs[s.name] = s.abs
		}
	} else {
		for head.abs != s {
			head = head.abs
		}
		head.abs = s.abs
	}
	s.abs, s.entered = nil, false
}

// bindAuto gives a name of five hexadecimal digits (unix_autobind). The kernel
// starts its search at a random number.
func (k *Kernel) bindAuto(s *socket) {
	if s.name != "" {
		return
	}
	for {
		name := autoName(k.autobind)
		k.autobind = (k.autobind + 1) & 0xfffff
		if k.abstract(name, s.typ) == nil {
			s.name = name
			k.enter(s)
			return
		}
	}
}

func autoName(n uint32) string {
	const digits = "0123456789abcdef"
	var b [6]byte
	for i := 5; i > 0; i-- {
		b[i] = digits[n&15]
		n >>= 4
	}
	return string(b[:])
}

// SetSockMode sets the mode that the file of a socket will have once it is
// bound, before the umask (fchmod(2) of the socket). 0777 is the default.
// Errors: EBADF, ENOTSOCK, EPERM for a socket of another user.
func (k *Kernel) SetSockMode(p ProcID, d Desc, mode uint32) syscall.Errno {
	pr, s, errno := k.socket(p, d)
	if errno != 0 {
		return errno
	}
	if pr.uid != 0 && pr.uid != s.uid {
		return syscall.EPERM
	}
	s.mode = mode & 07777
	return 0
}
