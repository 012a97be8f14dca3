package afunix

import "syscall"

// A Desc is a descriptor: a number of one process, 0 or more.
type Desc int32

// Type is the type of a socket. Only Stream is modelled; of the others there is
// what a stream socket can notice of them: that they have a name.
type Type uint8

// Types of sockets.
const (
	Stream Type = iota
	Dgram
	SeqPacket
)

// Socket makes a socket. Errors: ENFILE, EMFILE.
func (k *Kernel) Socket(p ProcID, typ Type) (Desc, syscall.Errno) { panic("todo") }

// Pair makes two stream sockets that are connected to each other
// (socketpair(2)). Errors: EMFILE, ENFILE.
func (k *Kernel) Pair(p ProcID) (a, b Desc, errno syscall.Errno) { panic("todo") }

// Bind names a socket. name is what stands in sun_path: a path, which ends at
// its first NUL; an abstract name, which begins with one; or "" for an abstract
// name of the kernel's choice.
//
// Errors, in this order: EINVAL for a name of more than 108 bytes; those of the
// path's directories; EADDRINUSE; EROFS; EACCES; EINVAL for a socket that has a
// name.
func (k *Kernel) Bind(p ProcID, d Desc, name string) syscall.Errno { panic("todo") }

// Listen makes a bound socket listen, or changes the backlog of one that does.
// backlog+1 connections can wait; a negative backlog, like one that is too
// large, is Config.SoMaxConn. Errors: EINVAL for a socket without a name or
// with a connection.
func (k *Kernel) Listen(p ProcID, d Desc, backlog int) (errno syscall.Errno, woken []Waiter) {
	panic("todo")
}

// Connect connects a socket to the listener at name. EAGAIN means that the
// queue of the listener full has no room.
//
// Errors, in this order: EINVAL for a name of no or more than 108 bytes; those
// of a path; EACCES; ECONNREFUSED, EPROTOTYPE; EAGAIN; EISCONN, EINVAL for what
// the socket itself is.
func (k *Kernel) Connect(p ProcID, d Desc, name string) (full ID, errno syscall.Errno, woken []Waiter) {
	panic("todo")
}

// Accept takes the connection that has waited longest. Errors: EMFILE, even
// before EAGAIN; ENOTSOCK; EINVAL; EAGAIN.
func (k *Kernel) Accept(p ProcID, d Desc) (conn Desc, errno syscall.Errno, woken []Waiter) {
	panic("todo")
}

// Send queues bufs, as one message, for the peer (sendmsg(2)). It may take only
// a part. fds go with the first byte, and nowhere if there is none.
//
// Errors: EINVAL for more than 253 descriptors, EBADF for one that is not open;
// ENOTCONN; EPIPE; EAGAIN; ETOOMANYREFS.
func (k *Kernel) Send(p ProcID, d Desc, bufs [][]byte, fds []Desc) (n int, errno syscall.Errno, woken []Waiter) {
	panic("todo")
}

// Flags of Recv.
type Flags uint8

// Peek leaves everything where it is (MSG_PEEK). Descriptors are received all
// the same.
const Peek Flags = 1

// Recv reads into bufs, and descriptors into fds (recvmsg(2)). 0 bytes without
// an errno, for buffers of at least one, are the end of the stream. Where a
// message with descriptors ends, so does the read. cut says that descriptors
// were lost (MSG_CTRUNC), because fds had no room or the process none.
//
// Errors: EINVAL for a socket that was never connected; ECONNRESET, once; EAGAIN.
func (k *Kernel) Recv(p ProcID, d Desc, bufs [][]byte, fds []Desc, flags Flags) (n, nfd int, cut bool, errno syscall.Errno, woken []Waiter) {
	panic("todo")
}

// Read is Recv as read(2) does it: the same but for nothing to read into, which
// is 0 whatever the state.
func (k *Kernel) Read(p ProcID, d Desc, buf []byte) (n int, errno syscall.Errno, woken []Waiter) {
	panic("todo")
}

// What Shutdown shuts.
const (
	ShutRD   = 0
	ShutWR   = 1
	ShutRDWR = 2
)

// Shutdown shuts down one or both directions. It succeeds on any socket.
// Errors: EINVAL for another how.
func (k *Kernel) Shutdown(p ProcID, d Desc, how int) (errno syscall.Errno, woken []Waiter) {
	panic("todo")
}

// Close closes a descriptor, and with the last one of a description that,
// too. Errors: EBADF.
func (k *Kernel) Close(p ProcID, d Desc) (errno syscall.Errno, woken []Waiter) { panic("todo") }

// Dup makes another descriptor of the same description, the lowest that is not
// below from (F_DUPFD). Errors: EBADF, EINVAL for a from beyond the limit, EMFILE.
func (k *Kernel) Dup(p ProcID, d, from Desc) (Desc, syscall.Errno) { panic("todo") }

// Mask is what poll(2) reports, in Linux's bits.
type Mask uint16

// Bits of a Mask.
const (
	PollIn    Mask = 0x1
	PollOut   Mask = 0x4
	PollErr   Mask = 0x8
	PollHup   Mask = 0x10
	PollRdHup Mask = 0x2000
)

// Poll says what state a socket is in. Errors: EBADF, ENOTSOCK.
func (k *Kernel) Poll(p ProcID, d Desc) (Mask, syscall.Errno) { panic("todo") }

// Queued returns how many bytes can be read (SIOCINQ). Errors: EINVAL for a
// listener.
func (k *Kernel) Queued(p ProcID, d Desc) (int, syscall.Errno) { panic("todo") }

// Charged returns what the socket is charged with for what the peer has not
// read, the kernel's overhead included (SIOCOUTQ).
func (k *Kernel) Charged(p ProcID, d Desc) (int, syscall.Errno) { panic("todo") }

// SockError returns and clears the pending error (SO_ERROR).
func (k *Kernel) SockError(p ProcID, d Desc) (pending, errno syscall.Errno) { panic("todo") }

// SndBuf returns the size of the send buffer (SO_SNDBUF).
func (k *Kernel) SndBuf(p ProcID, d Desc) (int, syscall.Errno) { panic("todo") }

// SetSndBuf sets the size of the send buffer to twice n, within the machine's
// bounds (sk_setsockopt). A negative n is the highest.
func (k *Kernel) SetSndBuf(p ProcID, d Desc, n int) (errno syscall.Errno, woken []Waiter) {
	panic("todo")
}

// SockName returns the name a socket was bound to, as given to Bind, "" if none.
func (k *Kernel) SockName(p ProcID, d Desc) (string, syscall.Errno) { panic("todo") }

// PeerName returns the name of the peer, "" if it has none, also after the peer
// was closed. Errors: ENOTCONN.
func (k *Kernel) PeerName(p ProcID, d Desc) (string, syscall.Errno) { panic("todo") }

// Cred identifies a process at some moment. A socket that has no peer, and does
// not listen, reports PID 0 and ids of -1.
type Cred struct {
	PID      ProcID
	UID, GID int
}

// PeerCred returns who connected, or called Listen, or made the pair, at that
// moment (SO_PEERCRED).
func (k *Kernel) PeerCred(p ProcID, d Desc) (Cred, syscall.Errno) { panic("todo") }

// ID returns the ID of a socket, for waiting. Errors: EBADF, ENOTSOCK.
func (k *Kernel) ID(p ProcID, d Desc) (ID, syscall.Errno) { panic("todo") }

// SockType says what a socket is: its type, and whether it listens (SO_TYPE,
// SO_ACCEPTCONN). Errors: EBADF, ENOTSOCK.
func (k *Kernel) SockType(p ProcID, d Desc) (typ Type, listening bool, errno syscall.Errno) {
	panic("todo")
}

// SetSockMode sets the mode that the file of a socket will have once it is
// bound, before the umask (fchmod(2) of the socket). 0777 is the default.
// Errors: EPERM for a socket of another user.
func (k *Kernel) SetSockMode(p ProcID, d Desc, mode uint32) syscall.Errno { panic("todo") }

// Same reports whether two descriptors refer to the same description.
func (k *Kernel) Same(p ProcID, d Desc, q ProcID, e Desc) bool { panic("todo") }

// Descs calls f for each descriptor of a process, in ascending order.
func (k *Kernel) Descs(p ProcID, f func(Desc)) { panic("todo") }

// Kind is the kind of a file.
type Kind uint8

// Kinds of files.
const (
	Dir Kind = iota
	Regular
	Symlink
	Sock
	Fifo
)

// A Stat is what is known of a file.
type Stat struct {
	Ino      uint32 // at no time two files have the same; it is used again at once
	Kind     Kind
	Mode     uint32 // permission bits and the sticky bit
	UID, GID int
	Links    int
}

// Stat looks a file up, following symbolic links (stat(2)).
func (k *Kernel) Stat(p ProcID, path string) (Stat, syscall.Errno) { panic("todo") }

// Lstat does not follow a link at the end of path (lstat(2)).
func (k *Kernel) Lstat(p ProcID, path string) (Stat, syscall.Errno) { panic("todo") }

// Fstat is about the file that a descriptor of Open refers to (fstat(2)).
func (k *Kernel) Fstat(p ProcID, d Desc) (Stat, syscall.Errno) { panic("todo") }

// Open opens the regular file at path for reading and writing, and makes it
// with the given mode if create is set and nothing is there. A symbolic link is
// followed only if follow is set (else ELOOP). Errors: EMFILE; those of a path;
// ENXIO for a socket; EISDIR; EACCES; EROFS; ENFILE.
func (k *Kernel) Open(p ProcID, path string, create, follow bool, mode uint32) (Desc, syscall.Errno) {
	panic("todo")
}

// Lock takes the exclusive advisory lock on an open file (flock(2), LOCK_EX).
// It belongs to the description and goes with it. EAGAIN means that another
// description holds it; file is then what to wait for. Errors: EBADF; EINVAL for
// a socket.
func (k *Kernel) Lock(p ProcID, d Desc) (file ID, errno syscall.Errno) { panic("todo") }

// Unlock gives the lock up (LOCK_UN).
func (k *Kernel) Unlock(p ProcID, d Desc) (errno syscall.Errno, woken []Waiter) { panic("todo") }

// Mkdir makes a directory (mkdir(2)).
func (k *Kernel) Mkdir(p ProcID, path string, mode uint32) (errno syscall.Errno, woken []Waiter) {
	panic("todo")
}

// Mknod makes a fifo or an empty regular file (mknod(2)).
func (k *Kernel) Mknod(p ProcID, path string, kind Kind, mode uint32) (errno syscall.Errno, woken []Waiter) {
	panic("todo")
}

// Symlink makes a symbolic link to target (symlink(2)).
func (k *Kernel) Symlink(p ProcID, target, path string) (errno syscall.Errno, woken []Waiter) {
	panic("todo")
}

// Link gives a file another name (link(2)).
func (k *Kernel) Link(p ProcID, oldpath, newpath string) (errno syscall.Errno, woken []Waiter) {
	panic("todo")
}

// Unlink removes a name of a file (unlink(2)). Errors: EISDIR for a directory.
func (k *Kernel) Unlink(p ProcID, path string) (errno syscall.Errno, woken []Waiter) { panic("todo") }

// Rmdir removes an empty directory (rmdir(2)).
func (k *Kernel) Rmdir(p ProcID, path string) (errno syscall.Errno, woken []Waiter) { panic("todo") }

// Rename gives a file another name instead, replacing what has it (rename(2)).
func (k *Kernel) Rename(p ProcID, oldpath, newpath string) (errno syscall.Errno, woken []Waiter) {
	panic("todo")
}

// Chmod sets the permission bits of a file, following links (chmod(2)).
func (k *Kernel) Chmod(p ProcID, path string, mode uint32) (errno syscall.Errno, woken []Waiter) {
	panic("todo")
}

// Chown sets the owner of a file, following links (chown(2)). Only root can.
func (k *Kernel) Chown(p ProcID, path string, uid, gid int) (errno syscall.Errno, woken []Waiter) {
	panic("todo")
}

// SetReadOnly makes the files at and below a directory read-only, or writable
// again, as if a file system of their own were mounted there.
func (k *Kernel) SetReadOnly(p ProcID, path string, ro bool) (errno syscall.Errno, woken []Waiter) {
	panic("todo")
}
