package conform

// mutants are rules that are wrong on purpose, each in a line or two: what
// stands in the file, which is there exactly once, and what is to stand there.
var mutants = []struct{ name, file, old, new string }{
	// listen, accept
	{"a backlog of n lets n wait", "listen.go", "s.npending > s.backlog", "s.npending >= s.backlog"},
	{"a negative backlog is 0", "listen.go", "if uint(backlog) > uint(k.cfg.SoMaxConn) {", "backlog = max(backlog, 0)\n\tif backlog > k.cfg.SoMaxConn {"},
	{"listening again keeps the backlog", "listen.go", "\ts.backlog = backlog\n", "\tif s.state != listening {\n\t\ts.backlog = backlog\n\t}\n"},
	{"an unbound socket can listen", "listen.go", `if s.name == "" || s.state == connected {`, `if s.state == connected {`},
	{"a client that closes frees its place", "listen.go", "return s.npending > s.backlog", "n := 0\n\tfor e := s.pending; e != nil; e = e.next {\n\t\tif !e.peer.dead {\n\t\t\tn++\n\t\t}\n\t}\n\treturn n > s.backlog"},
	{"accept skips clients that are gone", "listen.go", "\te := s.pending\n\tif e == nil {", "\te := s.pending\n\tfor e != nil && e.peer.dead && e.next != nil {\n\t\te = e.next\n\t\ts.pending = e\n\t}\n\tif e == nil {"},
	{"accept says EAGAIN before EMFILE", "listen.go", "\tn, errno := pr.free(0)\n\tif errno != 0 {", "\tn, errno := pr.free(0)\n\tif f.sock != nil && f.sock.state == listening && f.sock.pending == nil {\n\t\treturn -1, syscall.EAGAIN, nil\n\t}\n\tif errno != 0 {"},
	{"an accepted socket has no name", "connect.go", "e.name = l.name", `e.name = ""`},
	{"an accepted socket is the listener's maker's", "listen.go", "\te.uid, e.gid = pr.uid, pr.gid\n", "\te.uid, e.gid = s.uid, s.gid\n"},

	// connect
	{"a full queue refuses", "connect.go", "return l.id, syscall.EAGAIN, nil", "return l.id, syscall.ECONNREFUSED, nil"},
	{"EISCONN comes first", "connect.go", "\tif name == \"\" || len(name) > maxName {", "\tif s.state == connected {\n\t\treturn 0, syscall.EISCONN, nil\n\t}\n\tif name == \"\" || len(name) > maxName {"},
	{"EISCONN comes before EAGAIN", "connect.go", "\tcase l.full():", "\tcase s.state == connected:\n\t\treturn 0, syscall.EISCONN, nil\n\tcase l.full():"},
	{"a listener that was shut still listens", "connect.go", "l.state != listening || l.shut&shutRecv != 0", "l.state != listening"},
	{"a stale file is ENOENT", "connect.go", "\tcase n.sock == nil:\n\t\treturn nil, syscall.ECONNREFUSED", "\tcase n.sock == nil:\n\t\treturn nil, syscall.ENOENT"},
	{"a socket of another type refuses", "connect.go", "syscall.EPROTOTYPE\n", "syscall.ECONNREFUSED\n"},
	{"anyone may connect", "connect.go", "k.tree.permits(pr, n, mayWrite); errno != 0", "k.tree.permits(pr, n, mayWrite); errno == syscall.EROFS"},
	{"connecting takes read permission", "connect.go", "k.tree.permits(pr, n, mayWrite); errno", "k.tree.permits(pr, n, mayRead); errno"},
	{"a client sees its own credentials", "connect.go", "s.cred = l.cred", "s.cred = pr.cred()"},
	{"an accepted socket sees the listener's credentials", "connect.go", "e.cred = pr.cred()", "e.cred = l.cred"},
	{"connecting wakes nobody", "connect.go", "\tk.wake(l, In)\n", ""},

	// bind, names
	{"EINVAL of bind comes first", "bind.go", "\tdir, last, errno := k.create(pr, path, false)\n", "\tif s.name != \"\" {\n\t\treturn syscall.EINVAL\n\t}\n\tdir, last, errno := k.create(pr, path, false)\n"},
	{"an abstract name in use comes before EINVAL", "bind.go", "\tif s.name != \"\" {\n\t\treturn syscall.EINVAL\n\t}\n\tif k.abstract", "\tif s.name != \"\" && k.abstract(name, s.typ) == nil {\n\t\treturn syscall.EINVAL\n\t}\n\tif k.abstract"},
	{"abstract names are padded", "bind.go", "\t\treturn k.bindAbstract(s, name)", "\t\treturn k.bindAbstract(s, strings.TrimRight(name, \"\\x00\"))"},
	{"binding without a name again fails", "bind.go", "\t\tk.bindAuto(s)\n\t\treturn 0", "\t\tif s.name != \"\" {\n\t\t\treturn syscall.EINVAL\n\t\t}\n\t\tk.bindAuto(s)\n\t\treturn 0"},
	{"the umask is ignored", "bind.go", "s.mode&^pr.umask", "s.mode"},
	{"bind follows links", "name.go", "\tcase n != nil:\n\t\treturn nil, \"\", syscall.EEXIST", "\tcase n != nil && n.kind != Symlink:\n\t\treturn nil, \"\", syscall.EEXIST"},
	{"a slash at the end does not matter", "name.go", "\tcase w.slash && !directory:\n", "\tcase false:\n"},
	{"40 links are too many", "name.go", "w.links > maxLinks", "w.links >= maxLinks"},
	{"names of 256 bytes are missing, not too long", "tree.go", "return nil, syscall.ENAMETOOLONG", "return nil, syscall.ENOENT"},
	{"root is kept out", "tree.go", "\tif pr.uid == 0 {\n\t\tif what", "\tif pr.uid == 0 && n.kind == Dir {\n\t\tif what"},
	{"the owner has everybody's rights", "tree.go", "\tcase pr.uid == n.uid:\n\t\tbits >>= 6\n", "\tcase pr.uid == n.uid && bits&0200 != 0:\n\t\tbits >>= 6\n"},
	{"the sticky bit is ignored", "tree.go", "dir.mode&sticky != 0 && !dir", "false && !dir"},
	{"a renamed socket is lost", "rename.go", "\tk.tree.add(w.cur, w.last, n)\n", "\tk.tree.add(w.cur, w.last, n)\n\tif n.sock != nil {\n\t\tn.sock = nil\n\t}\n"},
	{"renaming to another name of the file removes one", "rename.go", "\tcase n == old:\n\t\treturn 0, nil\n", ""},
	{"an abstract name outlives its listener", "close.go", "\tif s.entered {\n", "\tif s.entered && s.npending == 0 && s.state != listening {\n"},

	// send, buffers
	{"POLLOUT one too late", "poll.go", "(s.outq+1)*4 <= s.sndbuf", "s.outq*4 <= s.sndbuf"},
	{"POLLOUT while anything fits", "poll.go", "(s.outq+1)*4 <= s.sndbuf", "s.outq < s.sndbuf"},
	{"a sender wakes when it can poll", "recv.go", "(sender.outq+2)*4 <= sender.sndbuf", "(sender.outq+1)*4 <= sender.sndbuf"},
	{"a sender wakes at each read", "recv.go", "(sender.outq+2)*4 <= sender.sndbuf", "sender.outq < sender.sndbuf"},
	{"the charge comes first", "send.go", "if s.outq >= s.sndbuf {", "if s.outq+charge(min(total-n, s.sndbuf/2-64, maxPiece)) > s.sndbuf {"},
	{"a piece may be half a buffer", "send.go", "s.sndbuf/2-64, maxPiece", "s.sndbuf/2, maxPiece"},
	{"a piece is 32 KiB", "buffer.go", "maxPiece = maxHead + 8<<12", "maxPiece = 8 << 12"},
	{"a power of two is doubled", "buffer.go", "bits.Len(uint(linear-1))", "bits.Len(uint(linear))"},
	{"the smallest buffer is 2304", "socket.go", "minSndBuf = 4608", "minSndBuf = 2304"},
	{"a larger buffer wakes nobody", "socket.go", "\tif s.writable() {\n\t\tk.wake(s, Out)\n\t}\n", ""},
	{"sending consumes the error", "send.go", "\tif s.shut&shutSend != 0 {\n", "\tif s.shut&shutSend != 0 {\n\t\ts.err = 0\n"},
	{"sending nothing always works", "send.go", "\tif s.shut&shutSend != 0 {\n", "\tif s.shut&shutSend != 0 && len(bufs[0]) > 0 {\n"},
	{"EPIPE comes before EBADF", "send.go", "\tif len(fds) > 0 {\n\t\tif errno := k.collect", "\tif s.shut&shutSend != 0 {\n\t\treturn 0, syscall.EPIPE, nil\n\t}\n\tif len(fds) > 0 {\n\t\tif errno := k.collect"},
	{"254 descriptors can be sent", "send.go", "MaxFDs = 253", "MaxFDs = 254"},
	{"one descriptor less in flight", "limit.go", "k.inflight[pr.uid] > pr.limit", "k.inflight[pr.uid] >= pr.limit"},
	{"descriptors in flight are nobody's", "limit.go", "return pr.uid != 0 && k", "return false && k"},

	// recv
	{"the reset stays", "recv.go", "\t\ts.err = 0\n", ""},
	{"the end comes before the reset", "recv.go", "\tif s.err != 0 {\n", "\tif s.err != 0 && s.shut&shutRecv == 0 {\n"},
	{"receiving no bytes from nothing is 0", "recv.go", "\tif s.rq.npieces == 0 {\n\t\treturn", "\tif s.rq.npieces == 0 && len(bufs[len(bufs)-1]) == 0 {\n\t\treturn 0, 0, false, 0, nil\n\t}\n\tif s.rq.npieces == 0 {\n\t\treturn"},
	{"read(2) of nothing is recv", "recv.go", "\tif len(buf) == 0 {\n", "\tif false {\n"},
	{"peek leaves the reset", "recv.go", "\tif s.rq.npieces == 0 {\n\t\treturn", "\tif s.rq.npieces == 0 && flags&Peek != 0 && s.err != 0 {\n\t\treturn 0, 0, false, s.err, nil\n\t}\n\tif s.rq.npieces == 0 {\n\t\treturn"},
	{"peek stops where the buffer ends", "recv.go", "\t\tend += int(e.left)\n", "\t\tsize := 0\n\t\tfor _, b := range bufs {\n\t\t\tsize += len(b)\n\t\t}\n\t\tif end >= size && i > 0 {\n\t\t\tbreak\n\t\t}\n\t\tend += int(e.left)\n"},
	{"SHUT_RD throws away what is queued", "recv.go", "\tif s.rq.npieces == 0 {\n\t\treturn", "\tif s.rq.npieces == 0 || s.shut&shutRecv != 0 && s.err == 0 {\n\t\treturn"},
	{"bytes after descriptors merge", "recv.go", "if got != nil || i == len(bufs) {", "if i == len(bufs) {"},
	{"bytes before descriptors do not merge", "recv.go", "\t\te := q.front()\n\t\tfor e.left", "\t\te := q.front()\n\t\tif n > 0 && e.rights != nil {\n\t\t\treturn n, got\n\t\t}\n\t\tfor e.left"},
	{"descriptors belong to the last byte", "recv.go", "\t\tif e.rights != nil {\n\t\t\t// Even", "\t\tif e.rights != nil && e.left == 0 {\n\t\t\t// Even"},
	{"no MSG_CTRUNC where numbers ran out", "recv.go", "\t\tif errno != 0 {\n\t\t\treturn nfd, true\n", "\t\tif errno != 0 {\n\t\t\treturn nfd, false\n"},
	{"SIOCINQ of a listener is 0", "recv.go", "\tif s.state == listening {\n\t\treturn 0, syscall.EINVAL\n", "\tif s.state == listening {\n\t\treturn 0, 0\n"},

	// wake-ups
	{"whoever sleeps is told, whatever poll says", "wait.go", "w.Events |= s.events()", "w.Events |= In | Out"},
	{"a reader hears nothing of room to write", "wait.go", "\tif s.writable() {\n\t\te |= Out\n\t}\n", ""},
	{"the end of the stream wakes no reader", "wait.go", "s.npending > 0 || s.shut&shutRecv != 0 {", "s.npending > 0 {"},

	// shutdown, close
	{"half-closing closes", "shutdown.go", "peer.shut |= shut>>1&shutRecv | shut<<1&shutSend", "peer.shut |= shutBoth"},
	{"SHUT_RD is not the peer's business", "shutdown.go", "shut>>1&shutRecv | shut<<1&shutSend", "shut >> 1 & shutRecv"},
	{"shutting wakes only the peer", "shutdown.go", "\tk.wake(s, In|Out)\n\tif s.state", "\tif s.state"},
	{"only a connection can be shut", "shutdown.go", "\tshut := uint8(how + 1)", "\tif s.peer == nil && s.state != listening {\n\t\treturn syscall.ENOTCONN, nil\n\t}\n\tshut := uint8(how + 1)"},
	{"a closed listener ends its queue in order", "close.go", "if s.rq.npieces > 0 || embryo {", "if s.rq.npieces > 0 {"},
	{"unread bytes do not reset", "close.go", "if s.rq.npieces > 0 || embryo {", "if embryo {"},
	{"unread bytes stay charged", "close.go", "\t\tk.refund(peer, e)\n", ""},
	{"descriptors in flight are never closed", "send.go", "\t\tk.put(f)\n", ""},
	{"the peer's name goes with it", "socket.go", "\tif s.peer == nil {\n\t\treturn \"\", syscall.ENOTCONN", "\tif s.peer == nil || s.peer.dead {\n\t\treturn \"\", syscall.ENOTCONN"},
	{"SO_ERROR leaves the error", "socket.go", "pending, s.err = s.err, 0", "pending = s.err"},
	{"numbers are not used again", "fd.go", "from = max(from, p.next)", "from = max(from, len(p.files))"},
	{"a lock outlives its description", "close.go", "\t\tif f.node.lock == f {\n\t\t\tk.unlock(f.node)", "\t\tif f.node.lock == f && f.refs > 0 {\n\t\t\tk.unlock(f.node)"},
	{"a lock belongs to the file's last user", "lock.go", "f.node.lock != nil && f.node.lock != f", "false"},
}
