package proptest

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
)

// A Stream is an oracle of one direction of one connection. It is told what is
// sent and what is received, and fails its test if what was received is not what
// was sent: if bytes were invented, changed, lost, or came twice or in another
// order.
//
//	there := proptest.NewStream(s, "client to server")
//
//	there.Sending(msg)                        // before: from now on it may arrive
//	if err := c.Send(msg, deadline); err != nil {
//		there.Failed()                        // any part of it may arrive, and nothing after it
//	} else {
//		there.Sent(len(msg))                  // all of it has to
//	}
//
//	switch err := c.Recv(p, deadline); {
//	case err == nil:
//		there.Received(p)
//	case errors.Is(err, syscall.EPIPE):
//		there.Ended(len(p))                   // all that was sent has been received
//	}
//
// A sender that is killed in a call just does not come back to say how it
// ended, and any part may arrive. A receiver whose call fails otherwise than by
// the end of the stream says nothing: what is lost then is not for a Stream to
// judge.
//
// A Stream is for one sender and one receiver at a time, whichever tasks they
// are. Its methods may be called from any goroutine, and neither block nor call a
// transport. It keeps a copy of what is on its way. After its first complaint it
// is silent, because all that follows would be wrong, too.
type Stream struct {
	tb   testing.TB
	name string

	mu sync.Mutex // never held while tb is called

	// buf[i] is the byte of the stream at offset base+i. It ends at offset given,
	// and begins at got or, so that a complaint can say what came twice, before
	// it: base ≤ got ≤ given. What ends at sure has to arrive: sure ≤ given.
	buf                    []byte
	base, got, sure, given int64

	sending bool // a send is under way
	torn    bool // one has failed: from sure on nobody knows
	ended   bool // the receiver has met the end
	broken  bool // the first complaint was made
}

// NewStream returns a Stream of which nothing is known yet. Name says in its
// complaints which direction it is: "client to server".
func NewStream(tb testing.TB, name string) *Stream {
	return &Stream{tb: tb, name: name}
}

// Sending says that bufs are about to be sent, in order, as one send. They may
// be received from now on.
func (o *Stream) Sending(bufs ...[]byte) {
	o.tb.Helper()
	o.mu.Lock()
	what := ""
	switch {
	case o.broken:
	case o.sending:
		what = "a send begins while another is under way: a Stream is for one sender at a time"
	default:
		o.sending = true
		if o.torn {
			break // wherever in the stream it would be
		}
		for _, p := range bufs {
			o.buf = append(o.buf, p...)
			o.given += int64(len(p))
		}
	}
	o.complain(what)
}

// Sent says that the send has ended, and that the first n of its bytes are in
// the stream and the others are not. They have to arrive now.
func (o *Stream) Sent(n int) {
	o.tb.Helper()
	o.mu.Lock()
	end, what := o.sure+int64(n), ""
	switch {
	case o.broken:
	case !o.sending:
		what = "a send ends that was not begun: call Sending first"
	case o.torn && n > 0:
		what = fmt.Sprintf("%d bytes were sent after a send that had failed: nobody knows at which offset", n)
	case o.ended && n > 0 && end > o.got:
		what = fmt.Sprintf("%d bytes were sent after the receiver had met the end of the stream at offset %d", n, o.got)
	case n < 0 || end > o.given && !o.torn:
		what = fmt.Sprintf("%d bytes were sent, of a send of %d", n, o.given-o.sure)
	case end < o.got && !o.torn:
		what = fmt.Sprintf("%d bytes were sent, but %d of them received", n, o.got-o.sure)
	case !o.torn:
		o.sure, o.given = end, end
		o.buf = o.buf[:end-o.base]
	}
	o.sending = false
	o.complain(what)
}

// Failed says that the send has failed and that it is not known how much of it
// is in the stream. Nothing can follow it: a later send has to fail, too.
func (o *Stream) Failed() {
	o.tb.Helper()
	o.mu.Lock()
	what := ""
	if !o.sending && !o.broken {
		what = "a send fails that was not begun: call Sending first"
	}
	o.sending, o.torn = false, true
	o.complain(what)
}

// Received says that bufs were received, in order.
func (o *Stream) Received(bufs ...[]byte) {
	o.tb.Helper()
	o.mu.Lock()
	what := ""
	for _, p := range bufs {
		if what = o.take(p, len(p)); what != "" {
			break
		}
	}
	o.complain(what)
}

// Skipped says that n bytes were received that nobody has seen.
func (o *Stream) Skipped(n int) {
	o.tb.Helper()
	o.mu.Lock()
	o.complain(o.take(nil, n))
}

// Ended says that a receive of n bytes has met the end of the stream. It may
// have lost what it had received by then, which is fewer than n bytes. But for
// these, all that was sent has to have been received.
func (o *Stream) Ended(n int) {
	o.tb.Helper()
	o.mu.Lock()
	what := ""
	if missing := o.sure - o.got; missing >= int64(max(1, n)) && !o.ended && !o.broken {
		what = fmt.Sprintf("a receive of %d bytes met the end of the stream at offset %d, but %d bytes were sent: %q is lost",
			n, o.got, o.sure, excerpt(o.buf[o.got-o.base:o.sure-o.base]))
	}
	o.ended = true
	o.complain(what)
}

// Complete asserts that everything that was sent has been received. It is for
// when both sides have ended the connection in order, and nobody has chosen not
// to read.
func (o *Stream) Complete() {
	o.tb.Helper()
	o.mu.Lock()
	what := ""
	if o.got < o.sure && !o.broken {
		what = fmt.Sprintf("%d bytes were sent and %d received: %q is lost",
			o.sure, o.got, excerpt(o.buf[o.got-o.base:o.sure-o.base]))
	}
	o.complain(what)
}

// Offsets returns how many bytes were received, how many of those that were sent
// have to arrive, and how many may.
func (o *Stream) Offsets() (received, sent, offered int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.got, o.sure, o.given
}

// take takes p, or n bytes that nobody knows, and returns what is wrong with them.
func (o *Stream) take(p []byte, n int) string {
	switch {
	case o.broken || n == 0:
		return ""
	case n < 0:
		return fmt.Sprintf("%d bytes were skipped", n)
	case o.ended:
		return fmt.Sprintf("%d bytes were received after the end of the stream at offset %d", n, o.got)
	}
	rest := o.buf[o.got-o.base:]
	if p != nil {
		if i := mismatch(p, rest); i < min(len(p), len(rest)) {
			return fmt.Sprintf("at offset %d: received %q, but sent was %q (%d of %d bytes are right)%s",
				o.got+int64(i), excerpt(p[i:]), excerpt(rest[i:]), i, len(p), o.origin(p[i:], int(o.got-o.base)+i))
		}
	}
	if n > len(rest) {
		var beyond []byte
		if p != nil {
			beyond = p[len(rest):]
		}
		return fmt.Sprintf("at offset %d: received %q, %d bytes more than anybody has sent%s",
			o.given, excerpt(beyond), n-len(rest), o.origin(beyond, len(o.buf)))
	}
	o.got += int64(n)
	o.forget()
	return ""
}

// remembered is how much of what was received is kept, for complaints.
const remembered = 4096

// forget drops what was received long ago.
func (o *Stream) forget() {
	if old := o.got - remembered - o.base; old > remembered {
		o.buf = o.buf[:copy(o.buf, o.buf[old:])]
		o.base += old
	}
}

// origin says where in the stream, other than at buf[at:], the first of the bytes p
// stand, if that can be told.
func (o *Stream) origin(p []byte, at int) string {
	p = p[:min(len(p), 16)]
	if len(p) < 2 { // chance
		return ""
	}
	if i := bytes.Index(o.buf[min(at+1, len(o.buf)):], p); i >= 0 {
		return fmt.Sprintf("; that is at offset %d: %d bytes are missing", o.base+int64(at+1+i), i+1)
	}
	if i := bytes.LastIndex(o.buf[:min(at, len(o.buf))], p); i >= 0 {
		return fmt.Sprintf("; that is at offset %d, and was received before", o.base+int64(i))
	}
	return ""
}

// mismatch returns how many bytes a and b have in common at the front.
func mismatch(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func excerpt(p []byte) []byte { return p[:min(len(p), 16)] }

// complain releases mu, and reports what is wrong, if anything is.
func (o *Stream) complain(what string) {
	if what == "" {
		o.mu.Unlock()
		return
	}
	o.broken = true
	o.mu.Unlock()
	o.tb.Helper()
	o.tb.Errorf("%s: %s", o.name, what)
}
