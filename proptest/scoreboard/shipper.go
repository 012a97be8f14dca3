package scoreboard

import (
	"bytes"
	"encoding/binary"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

var shipper = Program{
	Name:       "shipper",
	Deviations: 2,
	Bug: "a server ships its log without ever waiting, and drops a record for which there is no room; of a large one " +
		"a part was sent, and the collector takes the next record's bytes for the rest",
	Body: shipperBody,
}

// How many bytes a record of the log has: of a request that was served, and of one
// that failed, which says more. A record is its length in four bytes, and that many
// of one letter.
const (
	servedSize = 2_500
	failedSize = 9_000
)

func shipperBody(s *proptest.Sim, wrong bool) {
	logs, path := s.Path("log.sock"), s.Path("app.sock")
	s.Daemon("collector", func(tr transport.Transport) {
		l := listen(s, tr, logs)
		c, err := l.Accept(never)
		if err != nil {
			return
		}
		collect(s, c)
		c.Abort()
	})
	s.Daemon("server", func(tr transport.Transport) {
		c, err := tr.Dial(logs, never)
		for err != nil {
			tr.Sleep(after(tr, time.Millisecond))
			c, err = tr.Dial(logs, never)
		}
		if b, ok := c.(transport.SendBuffer); ok {
			b.SetSendBuffer(6 << 10)
		}
		log := journal{mu: transport.NewMutex(tr), to: c, wrong: wrong}
		l := listen(s, tr, path)
		for letter := byte('a'); ; letter++ {
			c, err := l.Accept(never)
			if err != nil {
				return
			}
			tr.Background("conn", func() {
				var request [1]byte
				for c.Recv(request[:], never) == nil {
					size := servedSize
					if request[0] != 'g' {
						size = failedSize
					}
					log.write(bytes.Repeat([]byte{letter}, size))
					c.Send([]byte("k"), never)
				}
				c.Abort()
			})
		}
	})
	for _, requests := range []string{"gg", "gbg"} {
		s.Process("client-"+requests, func(tr transport.Transport) {
			c := connect(s, tr, path)
			var ok [1]byte
			for _, r := range []byte(requests) {
				c.Send([]byte{r}, never)
				c.Recv(ok[:], never)
			}
			c.Abort()
		})
	}
	s.Run()
}

// collect receives records, each of which has to be in one piece.
func collect(s *proptest.Sim, c *ipc.Conn) {
	var size [4]byte
	for c.Recv(size[:], never) == nil {
		n := binary.BigEndian.Uint32(size[:])
		if n == 0 || n > failedSize {
			s.Fatalf("a record of %d bytes", n)
		}
		record := make([]byte, n)
		if c.Recv(record, never) != nil {
			return
		}
		if rest := bytes.TrimLeft(record, string(record[:1])); len(rest) > 0 {
			s.Fatalf("in a record of %q there is %q", record[0], rest[0])
		}
	}
}

// A journal ships records, and waits for nobody.
type journal struct {
	mu    *transport.Mutex
	to    transport.Conn
	rest  []byte // of a record that was sent in part
	wrong bool
}

// write ships a record, or drops it.
func (j *journal) write(record []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	size := binary.BigEndian.AppendUint32(nil, uint32(len(record)))
	if !j.wrong && len(j.rest) > 0 {
		n, _ := j.to.Send([][]byte{j.rest}, nil, transport.Immediate)
		if j.rest = j.rest[n:]; len(j.rest) > 0 {
			return
		}
	}
	n, err := j.to.Send([][]byte{size, record}, nil, transport.Immediate)
	if err != nil && n > 0 {
		j.rest = append(size, record...)[n:]
	}
}
