package protocol

import (
	"errors"
	"io"
	"syscall"
	"time"

	"pgregory.net/rapid"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

// An item is part of a stream: bytes, or a descriptor, and what the receiver does
// with it.
type item struct {
	Bytes int    // 0: a descriptor
	How   string // "take" a descriptor, receive it as "data", "skip" it
}

var genItems = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) item {
	return item{
		Bytes: rapid.SampledFrom([]int{0, 0, 1, 2, 100, 2048, 3000}).Draw(t, "bytes"),
		How:   rapid.SampledFrom([]string{"take", "take", "data", "skip"}).Draw(t, "how"),
	}
}), 1, 8)

// passing: a descriptor arrives where it was sent, between the bytes before and
// the bytes after, however far was read ahead; one that nobody asks for is
// closed, and so is one that was on its way when the connection ended.
func passing(s *proptest.Sim, e env) {
	items := proptest.Draw(s, genItems, "items")
	early := proptest.Draw(s, rapid.IntRange(0, 12), "early") // at which item the receiver has had enough
	exact := e == env{small: e.small, late: e.late}
	taken := make([]bool, len(items))
	sc := meet(s, e,
		func(x *side, tr transport.Transport, _ func()) {
			var far []transport.Conn
			offset := 0
			for i, it := range items {
				var err error
				if it.Bytes > 0 {
					err = x.send(pattern(offset, it.Bytes), never)
				} else {
					var y transport.Conn
					if y, err = enclose(x, tr, byte(i)); y != nil {
						far = append(far, y)
					}
				}
				offset += max(1, it.Bytes)
				if err != nil {
					break
				}
			}
			x.close(tr.Now().Add(time.Hour))
			n := 0
			for i, it := range items {
				if it.Bytes == 0 && n < len(far) {
					answered(x, tr, far[n], exact && taken[i])
					n++
				}
			}
		},
		func(x *side, tr transport.Transport, _ func()) {
			for i, it := range items {
				if i == early || !unpack(x, tr, it, byte(i), &taken[i]) {
					x.abort()
					return
				}
			}
			x.recv(make([]byte, 1), never)
			x.close(tr.Now().Add(time.Hour))
		})
	s.Run()
	_ = sc
}

// enclose passes one end of a new connection, in which a tag waits, and returns
// the other.
func enclose(x *side, tr transport.Transport, tag byte) (transport.Conn, error) {
	near, far, err := tr.Pair()
	if err != nil {
		return nil, err
	}
	far.Send([][]byte{{tag}}, nil, never)
	fd, err := near.Dup()
	near.Close()
	if err != nil {
		far.Close()
		return nil, err
	}
	err = x.sendFD(fd, never)
	if err := fd.Close(); err != nil {
		x.s.Fatalf("closing what was passed: %v", err)
	}
	return far, err
}

// answered looks at what became of the other end.
func answered(x *side, tr transport.Transport, far transport.Conn, taken bool) {
	defer far.Close()
	s := x.s
	var p [1]byte
	n, _, err := far.Recv([][]byte{p[:]}, nil, tr.Now().Add(time.Hour))
	switch {
	case errors.Is(err, syscall.ETIMEDOUT) && !x.env.late:
		s.Fatalf("a descriptor was neither received nor closed")
	case taken && n == 0:
		s.Fatalf("a descriptor that was received does not work: %v", err)
	}
	s.Sometimes("a descriptor is closed unseen", err == io.EOF || errors.Is(err, syscall.ECONNRESET))
	s.Sometimes("a descriptor works", n > 0)
}

// unpack receives an item as it says, and reports whether to go on.
func unpack(x *side, tr transport.Transport, it item, tag byte, taken *bool) bool {
	n := max(1, it.Bytes)
	switch {
	case it.How == "skip":
		return x.skip(n, never) == nil
	case it.How == "data":
		return x.recv(make([]byte, n), never) == nil
	case it.Bytes > 0:
		if it.Bytes == 2 { // it is the wrong moment
			_, err := x.recvFD(never)
			x.s.Sometimes("a byte without a descriptor", errors.Is(err, syscall.EPROTO))
			return err == nil
		}
		return x.recv(make([]byte, n), never) == nil
	}
	fd, err := x.recvFD(never)
	if err != nil {
		return false
	}
	c, err := ipc.FromFD(tr, fd)
	if err != nil {
		fd.Close() // it is ours still
		return false
	}
	defer c.Abort()
	var p [1]byte
	if err := c.Recv(p[:], transport.Immediate); err != nil || p[0] != tag {
		if !x.env.reset && !x.env.memory {
			x.s.Fatalf("descriptor %d has tag %d, error %v", tag, p[0], err)
		}
		return false
	}
	*taken = c.Send([]byte("k"), never) == nil
	return true
}
