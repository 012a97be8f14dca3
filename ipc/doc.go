// Package ipc is libdill's IPC protocol on any [transport.Transport]: a byte
// stream between two processes of one machine, with deadlines, half-close, an
// orderly end, and descriptors that travel in the stream.
//
// There is no wire format. A connection is a Unix-domain stream socket and
// carries the bytes that are sent and nothing else, so a program that uses this
// package and a program that uses libdill can talk to each other.
//
// # A connection
//
// A connection is two directions that know nothing of each other. In each of
// them one task may be at work at a time; one sender and one receiver together
// are fine, a second of the same kind is refused with EBUSY.
//
// Send sends all of a buffer or fails, Recv receives exactly as many bytes as
// asked for or fails. There is no partial result, and so a failure leaves the
// stream at a point nobody knows: it ends its direction. That holds for a
// deadline and a cancellation as well.
//
//	                      the call itself          later calls of the direction
//	the deadline passed   ETIMEDOUT                ECONNRESET
//	cancelled             ECANCELED                ECONNRESET
//	sending, peer gone    ECONNRESET               ECONNRESET
//	receiving, peer done  EPIPE                    EPIPE
//	sending after Done    EPIPE                    EPIPE
//	anything else         as the system says       ECONNRESET
//
// EBUSY, EINVAL, EBADF and ENOTSUP are refusals instead: nothing was moved and
// nothing ends. (Should such an answer come when part of the data was moved
// already, the direction has ended all the same.)
//
// EPIPE is the end of the stream and not a failure. Bytes that an unfinished
// Recv had received before it are lost. EPIPE from a send always means that
// this side is done; a peer that went away is ECONNRESET.
//
// A connection ends in one of two ways. [Conn.Close] is orderly: it tells the
// peer that no more will come, then reads and discards until the peer has said
// the same. When it succeeds, the peer has either received everything or
// closed, knowing well that it did not read all of it. [Conn.Abort] closes at
// once. After either the socket is gone, also if they report an error.
//
// # Deadlines
//
// A deadline is a point on the transport's clock. The zero [time.Time] is
// never, [transport.Immediate] and every time that is not after now mean: if
// it can be done without blocking, do it, otherwise fail. Programs that keep
// libdill's int64 milliseconds use [Now] and [Millis].
//
// # Cancellation
//
// A connection belongs to the view of the transport that it was made with, and
// what blocks on it fails with ECANCELED when the view is cancelled.
// [Conn.Attach] moves it to another view, such as that of the task that is to
// serve it. A receive that finds all it needs in the read-ahead does not ask
// the transport and succeeds in a cancelled view too.
//
// # Read-ahead and descriptors
//
// Receiving is buffered: a system call fills the caller's buffer and, with
// what is there beyond it, a buffer inside the Conn. Ten receives of small
// messages that came together cost one system call.
//
// A descriptor that [Conn.SendFD] passes is tied to a byte, and the read-ahead
// never runs past such a byte. [Conn.RecvFD] finds the descriptor exactly
// where it was sent, between the bytes before and the bytes after. Descriptors
// that nobody asks for, because their byte was received as data, skipped or
// discarded, are closed.
//
// # Storage
//
// Connect, Accept, Pair, Listen and their kin have a form with "Mem" at the
// end that builds in storage the caller owns, a [Conn] or [Listener] of zero
// value or one that was closed. In this form, and in sending and receiving,
// package ipc allocates nothing except the error of a call that fails; what
// the transport allocates is its own affair.
//
// # Errors
//
// Every error is a [*transport.Error] with the operation, the path of the
// socket where it has one, and the errno, so that errors.Is(err,
// syscall.ETIMEDOUT) and errors.Is(err, os.ErrDeadlineExceeded) both hold. A
// nil, zero or closed Conn or Listener answers EBADF and never panics.
//
// # Where this differs from libdill
//
//   - Connect waits until its deadline for room in a full backlog, and fails
//     with ETIMEDOUT; libdill fails with EAGAIN at once.
//   - An empty path is ENOENT, as libdill's manual says; libdill binds an
//     abstract name. Abstract names are written with a leading "@".
//   - A negative backlog is EINVAL.
//   - EBUSY, EINVAL, EBADF and ENOTSUP do not end a direction.
//   - A list is a slice of slices. It cannot be a loop or lack an end; an empty
//     one is EINVAL.
//   - Receiving reads ahead, and descriptors can be passed all the same. What was
//     read ahead counts as received: if a peer aborts, or dies, and has left no more
//     than that (2 KiB at most) unreceived, this side meets the end of the stream,
//     and its Close succeeds, where libdill's would be ECONNRESET.
//   - Passing a descriptor to a peer that is gone is ECONNRESET, not a signal.
//   - A descriptor that nobody asked for is closed instead of lost.
//   - [Conn.PeerCred], [Conn.Attach], [Listener.Dup] and the fields of
//     [transport.ListenConfig] have no counterpart.
//
// # A first program
//
//	func serve(tr transport.Transport) error {
//		l, err := ipc.Listen(tr, "/run/echo.sock", 10, transport.ListenConfig{})
//		if err != nil {
//			return err
//		}
//		defer l.Close()
//		for {
//			c, err := l.Accept(time.Time{})
//			if err != nil {
//				return err
//			}
//			tr.Background("echo", func() { echo(tr, c) })
//		}
//	}
//
//	func echo(tr transport.Transport, c *ipc.Conn) {
//		var msg [16]byte
//		for c.Recv(msg[:], tr.Now().Add(time.Minute)) == nil {
//			if c.Send(msg[:], tr.Now().Add(time.Second)) != nil {
//				break
//			}
//		}
//		c.Close(tr.Now().Add(time.Second))
//	}
//
// It runs on the kernel with realunix.New(realunix.Config{}) for tr, and under
// test with a simulated process.
package ipc
