package simnet

import (
	"strconv"

	"example.com/brine/simnet/internal/afunix"
)

// origins knows in a traced run which connection a socket belongs to, and of each
// byte that waits to be received which Send it came from.
//
// A socket's ID is used again when the socket is gone, so every connection that
// is made begins both of its ends anew. From then on an end lives as long as the
// ID means the same socket, whoever has descriptors of it: those that are passed,
// adopted or shared by processes need nothing. What is thrown away unread goes
// with the end.
type origins struct {
	ends  []end // by afunix.ID
	conns int
}

type end struct {
	conn     int  // number of its connection; 0 if it is not known
	second   bool // it is the accepted one, or the second of a pair
	accepted bool // it needs not be accepted any more
	peer     afunix.ID
	unread   []origin // in the order in which it will be received
}

// An origin is bytes of one Send.
type origin struct {
	from  *record
	bytes int
}

// end returns what is known of a socket.
func (o *origins) end(id afunix.ID) *end {
	for int(id) >= len(o.ends) {
		o.ends = append(o.ends, end{})
	}
	return &o.ends[id]
}

// join begins a connection. Its second end may still have to be accepted.
func (o *origins) join(a, b afunix.ID, accepted bool) {
	o.conns++
	*o.end(a) = end{conn: o.conns, accepted: true, peer: b}
	*o.end(b) = end{conn: o.conns, accepted: accepted, peer: a, second: true}
}

// accept is for an end that was accepted. If nothing is known of it, it is one
// that a fault has made.
func (o *origins) accept(id, peer afunix.ID, ok bool) {
	e := o.end(id)
	if e.conn == 0 || e.accepted || ok && e.peer != peer {
		o.conns++
		*e = end{conn: o.conns, second: true, peer: peer}
	}
	e.accepted = true
}

// name returns the name of an end, "1a".
func (o *origins) name(id afunix.ID) string {
	e := o.end(id)
	if e.conn == 0 {
		o.conns++
		*e = end{conn: o.conns, accepted: true}
	}
	side := "a"
	if e.second {
		side = "b"
	}
	return strconv.Itoa(e.conn) + side
}

// put notes bytes that were sent to a socket.
func (o *origins) put(to afunix.ID, from *record, n int) {
	e := o.end(to)
	if k := len(e.unread); k > 0 && e.unread[k-1].from == from {
		e.unread[k-1].bytes += n
		return
	}
	e.unread = append(e.unread, origin{from, n})
}

// take returns where the next n bytes of a socket come from.
func (o *origins) take(id afunix.ID, n int) (from []origin) {
	e := o.end(id)
	for n > 0 && len(e.unread) > 0 {
		first := &e.unread[0]
		m := min(n, first.bytes)
		from = append(from, origin{first.from, m})
		n -= m
		if first.bytes -= m; first.bytes == 0 {
			e.unread[0] = origin{}
			e.unread = e.unread[1:]
		}
	}
	return from
}
