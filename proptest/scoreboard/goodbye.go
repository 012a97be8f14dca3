package scoreboard

import (
	"fmt"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

var goodbye = Program{
	Name:       "goodbye",
	Deviations: 2,
	Bug: "a client that has what it wants closes its connection without saying good-bye; what the server has sent at " +
		"that moment is lost, and the server believes it delivered",
	Body: goodbyeBody,
}

// goodbyeBody is a mailbox, in which a publisher puts notes, and a subscriber that
// leaves after the first of them.
func goodbyeBody(s *proptest.Sim, wrong bool) {
	in, out := s.Path("in.sock"), s.Path("out.sock")
	var delivered, received ledger
	s.Daemon("mailbox", func(tr transport.Transport) {
		from, to := listen(s, tr, in), listen(s, tr, out)
		c, err := to.Accept(never)
		if err != nil {
			return
		}
		box := mailbox{tr: tr, mu: transport.NewMutex(tr), to: c}
		tr.Background("subscriber", box.awaitEnd)
		p, err := from.Accept(never)
		if err != nil {
			return
		}
		var note [1]byte
		for p.Recv(note[:], never) == nil {
			if box.deliver(note[0]) {
				delivered.add(fmt.Sprint("note ", note[0]))
			} // otherwise it is kept for whoever comes next
			p.Send([]byte("k"), never)
		}
	})
	s.Process("subscriber", func(tr transport.Transport) {
		c := connect(s, tr, out)
		var note [1]byte
		for c.Recv(note[:], never) == nil {
			received.add(fmt.Sprint("note ", note[0]))
			if wrong {
				break
			}
			c.Done() // no more, please; what is on its way still counts
		}
		c.Abort()
	})
	s.Process("publisher", func(tr transport.Transport) {
		c := connect(s, tr, in)
		var ok [1]byte
		for note := range byte(3) {
			if c.Send([]byte{note}, never) != nil || c.Recv(ok[:], never) != nil {
				break
			}
		}
		c.Abort()
	})
	s.Run()
	for _, note := range delivered.order {
		if received.of(note) == 0 {
			s.Fatalf("%s counts as delivered, and nobody has received it", note)
		}
	}
}

// A mailbox delivers notes to a subscriber for as long as that stays.
type mailbox struct {
	tr   transport.Transport
	mu   *transport.Mutex
	to   *ipc.Conn
	gone bool
}

// deliver sends a note, and reports whether it is delivered by that.
func (m *mailbox) deliver(note byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.gone && m.to.Send([]byte{note}, after(m.tr, time.Second)) == nil
}

// awaitEnd waits until the subscriber wants no more, and says that there will be
// none.
func (m *mailbox) awaitEnd() {
	var none [1]byte
	m.to.Recv(none[:], never)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gone = true
	m.to.Close(after(m.tr, time.Second))
}
