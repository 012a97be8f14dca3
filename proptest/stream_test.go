package proptest_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/brine/proptest"
	"example.com/brine/simnet"
)

// A listener hears what a Stream has to say.
type listener struct {
	testing.TB
	said []string
}

func (l *listener) Helper() {}

func (l *listener) Errorf(format string, args ...any) {
	l.said = append(l.said, fmt.Sprintf(format, args...))
}

func TestStreamViolations(t *testing.T) {
	b := func(s string) []byte { return []byte(s) }
	long := bytes.Repeat(b("0123456789abcdefghijklmnop"), 1000)
	for _, c := range []struct {
		name string
		tell func(o *proptest.Stream)
		want string // "" for nothing
	}{
		{"in order", func(o *proptest.Stream) {
			o.Sending(b("ab"), b("cde"))
			o.Received(b("a")) // before the send has returned
			o.Sent(5)
			o.Sending(b("f"))
			o.Sent(1)
			o.Received(b("bc"), b("de"))
			o.Skipped(1)
			o.Ended(1)
			o.Complete()
		}, ""},
		{"nothing", func(o *proptest.Stream) { o.Received(); o.Skipped(0); o.Ended(1); o.Complete() }, ""},
		{"changed", func(o *proptest.Stream) { send(o, "abcdef"); o.Received(b("abX")) },
			`there: at offset 2: received "X", but sent was "cdef" (2 of 3 bytes are right)`},
		{"lost in between", func(o *proptest.Stream) { send(o, "abcdef"); o.Received(b("a")); o.Received(b("ef")) },
			`there: at offset 1: received "ef", but sent was "bcdef" (0 of 2 bytes are right); that is at offset 4: 3 bytes are missing`},
		{"twice", func(o *proptest.Stream) { send(o, "abcdef"); o.Received(b("abcd")); o.Received(b("cd")) },
			`there: at offset 4: received "cd", but sent was "ef" (0 of 2 bytes are right); that is at offset 2, and was received before`},
		{"twice at the end", func(o *proptest.Stream) { send(o, "abcdef"); o.Received(b("abcdef")); o.Received(b("cdef")) },
			`there: at offset 6: received "cdef", 4 bytes more than anybody has sent; that is at offset 2, and was received before`},
		{"another order", func(o *proptest.Stream) { send(o, "ab"); send(o, "cd"); o.Received(b("cd"), b("ab")) },
			`there: at offset 0: received "cd", but sent was "abcd" (0 of 2 bytes are right); that is at offset 2: 2 bytes are missing`},
		{"invented", func(o *proptest.Stream) { send(o, "a"); o.Received(b("ab")) },
			`there: at offset 1: received "b", 1 bytes more than anybody has sent`},
		{"invented and skipped", func(o *proptest.Stream) { send(o, "ab"); o.Skipped(3) },
			`there: at offset 2: received "", 1 bytes more than anybody has sent`},
		{"skipped backwards", func(o *proptest.Stream) { o.Skipped(-1) }, `there: -1 bytes were skipped`},
		{"received before it is sent", func(o *proptest.Stream) { o.Received(b("a")); send(o, "a") },
			`there: at offset 0: received "a", 1 bytes more than anybody has sent`},
		{"far into the stream", func(o *proptest.Stream) {
			for range 10 {
				send(o, string(long))
				o.Received(long[:20000])
				o.Received(long[20000:])
			}
			send(o, "abc")
			o.Received(b("bc"))
		}, `there: at offset 260000: received "bc", but sent was "abc" (0 of 2 bytes are right); that is at offset 260001: 1 bytes are missing`},

		{"part of a send", func(o *proptest.Stream) {
			o.Sending(b("abc"))
			o.Sent(1)
			send(o, "d")
			o.Received(b("ad"))
			o.Complete()
		}, ""},
		{"more than was said to be sent", func(o *proptest.Stream) { o.Sending(b("abc")); o.Received(b("ab")); o.Sent(1) },
			`there: 1 bytes were sent, but 2 of them received`},
		{"more than there was to send", func(o *proptest.Stream) { o.Sending(b("abc")); o.Sent(4) },
			`there: 4 bytes were sent, of a send of 3`},
		{"less than nothing", func(o *proptest.Stream) { o.Sending(b("abc")); o.Sent(-1) },
			`there: -1 bytes were sent, of a send of 3`},

		{"any part of what failed", func(o *proptest.Stream) {
			send(o, "ab")
			fail(o, "cde")
			fail(o, "later")
			o.Received(b("abcd"))
			o.Ended(1)
			o.Complete()
		}, ""},
		{"nothing of it", func(o *proptest.Stream) { send(o, "ab"); fail(o, "cde"); o.Received(b("ab")); o.Ended(1) }, ""},
		{"more than failed", func(o *proptest.Stream) { fail(o, "ab"); fail(o, "cd"); o.Received(b("abcd")) },
			`there: at offset 2: received "cd", 2 bytes more than anybody has sent`},
		{"sent after a failure", func(o *proptest.Stream) { fail(o, "ab"); send(o, "cd") },
			`there: 2 bytes were sent after a send that had failed: nobody knows at which offset`},
		{"nothing sent after a failure", func(o *proptest.Stream) { fail(o, "ab"); o.Sending(); o.Sent(0) }, ""},
		{"the sender is killed", func(o *proptest.Stream) { o.Sending(b("abc")); o.Received(b("a")); o.Ended(3) }, ""},

		{"the end too early", func(o *proptest.Stream) { send(o, "abcdef"); o.Received(b("ab")); o.Ended(4) },
			`there: a receive of 4 bytes met the end of the stream at offset 2, but 6 bytes were sent: "cdef" is lost`},
		{"lost by the last receive", func(o *proptest.Stream) { send(o, "abcdef"); o.Received(b("ab")); o.Ended(5) }, ""},
		{"a receive of nothing at the end", func(o *proptest.Stream) { send(o, "a"); o.Ended(0) },
			`there: a receive of 0 bytes met the end of the stream at offset 0, but 1 bytes were sent: "a" is lost`},
		{"the end stays", func(o *proptest.Stream) { send(o, "ab"); o.Ended(3); o.Ended(1) }, ""},
		{"received after the end", func(o *proptest.Stream) { send(o, "ab"); o.Ended(3); o.Received(b("a")) },
			`there: 1 bytes were received after the end of the stream at offset 0`},
		{"sent after the end", func(o *proptest.Stream) { o.Ended(1); send(o, "a") },
			`there: 1 bytes were sent after the receiver had met the end of the stream at offset 0`},
		{"the end before the send returns", func(o *proptest.Stream) { o.Sending(b("a")); o.Received(b("a")); o.Ended(1); o.Sent(1) }, ""},

		{"incomplete", func(o *proptest.Stream) { send(o, "abc"); o.Received(b("a")); o.Complete() },
			`there: 3 bytes were sent and 1 received: "bc" is lost`},

		{"two senders", func(o *proptest.Stream) { o.Sending(b("a")); o.Sending(b("b")) },
			`there: a send begins while another is under way: a Stream is for one sender at a time`},
		{"a send not begun", func(o *proptest.Stream) { o.Sent(1) }, `there: a send ends that was not begun: call Sending first`},
		{"a failure not begun", func(o *proptest.Stream) { o.Failed() }, `there: a send fails that was not begun: call Sending first`},
		{"silent after the first", func(o *proptest.Stream) {
			o.Received(b("a"))
			o.Sent(1)
			o.Failed()
			o.Sending()
			o.Sending()
			o.Skipped(-1)
			send(o, "b")
			o.Ended(1)
			o.Complete()
		}, `there: at offset 0: received "a", 1 bytes more than anybody has sent`},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &listener{TB: t}
			c.tell(proptest.NewStream(l, "there"))
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			if !slices.Equal(l.said, want) {
				t.Errorf("said\n%s\nwant\n%s", strings.Join(l.said, "\n"), c.want)
			}
		})
	}
}

func send(o *proptest.Stream, text string) { o.Sending([]byte(text)); o.Sent(len(text)) }
func fail(o *proptest.Stream, text string) { o.Sending([]byte(text)); o.Failed() }

// A buffer that is used again after the call must make no difference.
func TestStreamKeepsNoBuffer(t *testing.T) {
	l := &listener{TB: t}
	o := proptest.NewStream(l, "there")
	p := []byte("ab")
	o.Sending(p)
	o.Sent(2)
	copy(p, "xy")
	o.Received([]byte("ab"))
	if l.said != nil {
		t.Error(l.said)
	}
}

func TestStreamOffsets(t *testing.T) {
	o := proptest.NewStream(t, "there")
	send(o, "abc")
	o.Sending([]byte("de"))
	o.Received([]byte("a"))
	if r, s, of := o.Offsets(); r != 1 || s != 3 || of != 5 {
		t.Error(r, s, of)
	}
}

// TestStreamFree is a sender and a receiver as goroutines: for the race detector.
func TestStreamFree(t *testing.T) {
	o := proptest.NewStream(t, "there")
	a, b := simnet.Pipe()
	var wg sync.WaitGroup
	wg.Go(func() {
		defer a.Close()
		for i := range 200 {
			p := bytes.Repeat([]byte{byte(i)}, i*7%50)
			o.Sending(p)
			n, err := a.Write(p)
			o.Sent(n)
			if err != nil {
				t.Error(err)
			}
		}
	})
	wg.Go(func() {
		defer b.Close()
		b.SetReadDeadline(time.Now().Add(time.Minute))
		for p := make([]byte, 37); ; {
			n, err := b.Read(p)
			o.Received(p[:n])
			if err == io.EOF {
				o.Ended(1)
				return
			} else if err != nil {
				t.Error(err)
				return
			}
		}
	})
	wg.Wait()
	o.Complete()
	if r, s, _ := o.Offsets(); r == 0 || r != s {
		t.Errorf("%d received, %d sent", r, s)
	}
}

// The receiver has forgotten that a read may be of fewer bytes than its buffer has
// room for, and takes what the last one has left there for more.
func ExampleStream() {
	var tb testing.TB = printer{} // in a test: the test's own, or the simulation's
	there := proptest.NewStream(tb, "client to server")

	client, server := simnet.Pipe()
	msg := []byte("hello, world")
	there.Sending(msg)
	n, _ := client.Write(msg)
	there.Sent(n)
	client.Close()

	var buf [8]byte
	for {
		_, err := server.Read(buf[:])
		if err == io.EOF {
			there.Ended(1)
			break
		}
		there.Received(buf[:])
	}
	// Output:
	// client to server: at offset 12: received "o, w", 4 bytes more than anybody has sent; that is at offset 4, and was received before
}

// A printer is a testing.TB as far as an example needs one.
type printer struct{ testing.TB }

func (printer) Helper()                           {}
func (printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
