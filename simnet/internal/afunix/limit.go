package afunix

import "syscall"

// SetNoFile changes the limit on a process's descriptors (RLIMIT_NOFILE). What
// is open stays open. A negative limit is EINVAL.
func (k *Kernel) SetNoFile(p ProcID, n int) syscall.Errno {
	pr, errno := k.proc(p)
	if errno != 0 {
		return errno
	}
	if n < 0 {
		return syscall.EINVAL
	}
	pr.limit = n
	return 0
}

// SetMaxFiles changes the machine's limit on open descriptions (fs.file-max).
// Root is exempt from it; the limit on sockets, twice that, is for everybody.
func (k *Kernel) SetMaxFiles(n int) { k.maxFiles = n }

// moreSockets says whether n more sockets may be made (unix_create1). A socket
// that waits to be accepted counts, so that Connect fails, too.
func (k *Kernel) moreSockets(n int) syscall.Errno {
	if k.nsocks+n > 2*k.maxFiles {
		return syscall.ENFILE
	}
	return 0
}

// moreFiles says whether n more open descriptions may be made
// (fs/file_table.c, alloc_empty_file).
func (k *Kernel) moreFiles(pr *process, n int) syscall.Errno {
	if k.nfiles+n > k.maxFiles && pr.uid != 0 {
		return syscall.ENFILE
	}
	return 0
}

// tooManyInFlight says whether a process has sent so many descriptors which
// nobody has received that it may not send more (too_many_unix_fds). They are
// counted by user, before the message in hand, and compared with the limit of
// the process.
func (k *Kernel) tooManyInFlight(pr *process) bool {
	return pr.uid != 0 && k.inflight[pr.uid] > pr.limit
}
