package scoreboard

import (
	"bytes"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

var mux = Program{
	Name:       "mux",
	Deviations: 1,
	Bug: "the reader of a multiplexer looks a stream up when the head of a frame has come; until the rest has, the " +
		"stream is reset, and used again for another, which gets what was not sent to it",
	Body: muxBody,
}

func muxBody(s *proptest.Sim, wrong bool) {
	path := s.Path("files.sock")
	s.Daemon("files", func(tr transport.Transport) {
		l := listen(s, tr, path)
		c, err := l.Accept(never)
		if err != nil {
			return
		}
		var id [1]byte // whoever opens a stream gets a file, in three frames
		for c.Recv(id[:], never) == nil {
			for range 3 {
				c.Send([]byte{id[0], 4}, never)
				c.Send(bytes.Repeat(id[:], 4), never)
			}
		}
		c.Abort()
	})
	s.Process("viewer", func(tr transport.Transport) {
		m := muxer{tr: tr, c: connect(s, tr, path), mu: transport.NewMutex(tr), streams: map[byte]*stream{}, wrong: wrong}
		tr.Background("reader", m.read)
		for file := range byte(3) {
			st := m.open(file)
			for range 1 + file%2 { // most want to see no more than how it begins
				data, err := st.in.Pop(after(tr, time.Minute))
				if err != nil {
					s.Fatalf("file %d: %v", file, err)
				}
				if data[0] != file {
					s.Fatalf("in file %d there is something of file %d", file, data[0])
				}
			}
			m.reset(st)
		}
		m.c.Abort()
	})
	s.Run()
}

// A muxer is one end of a connection that carries streams.
type muxer struct {
	tr    transport.Transport
	c     *ipc.Conn
	wrong bool

	mu      *transport.Mutex
	streams map[byte]*stream // that are open
	free    []*stream        // that were, and can be used again
}

// A stream is a part of a connection.
type stream struct {
	id byte
	in *transport.Queue[[]byte] // what has come
}

// open makes a stream, and asks for what it is to carry.
func (m *muxer) open(id byte) *stream {
	m.mu.Lock()
	defer m.mu.Unlock()
	st := &stream{}
	if n := len(m.free); n > 0 {
		st, m.free = m.free[n-1], m.free[:n-1]
	}
	st.id, st.in = id, transport.NewQueue[[]byte](m.tr)
	m.streams[id] = st
	m.c.Send([]byte{id}, never)
	return st
}

// reset ends a stream, whatever is still to come.
func (m *muxer) reset(st *stream) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.streams, st.id)
	m.free = append(m.free, st)
}

// read hands out what comes.
func (m *muxer) read() {
	for {
		var head [2]byte // a stream and a length
		if m.c.Recv(head[:], never) != nil {
			return
		}
		st := m.stream(head[0])
		data := make([]byte, head[1])
		if m.c.Recv(data, never) != nil {
			return
		}
		m.mu.Lock()
		if !m.wrong {
			st = m.streams[head[0]]
		}
		if st != nil {
			st.in.Push(data)
		}
		m.mu.Unlock()
	}
}

func (m *muxer) stream(id byte) *stream {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.streams[id]
}
