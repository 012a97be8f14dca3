package protocol

import (
	"syscall"

	"pgregory.net/rapid"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

// sizes are of what is sent and received: nothing, less than is read ahead, as
// much, more, and more than a small buffer holds.
var sizes = rapid.OneOf(rapid.IntRange(0, 9), rapid.IntRange(0, 300), rapid.SampledFrom([]int{2047, 2048, 2049, 9000}))

// A traffic is what goes one way: by Send or SendList in pieces of these sizes,
// and to Recv, RecvList or Skip of those.
type traffic struct {
	Sends, Recvs []int
	Lists        int // every so many pieces are one list
	Skip         int // and every so many are skipped
}

var genTraffic = rapid.Custom(func(t *rapid.T) traffic {
	return traffic{
		Sends: rapid.SliceOfN(sizes, 0, 6).Draw(t, "sends"),
		Recvs: rapid.SliceOfN(sizes, 1, 6).Draw(t, "recvs"),
		Lists: rapid.IntRange(1, 3).Draw(t, "lists"),
		Skip:  rapid.IntRange(2, 5).Draw(t, "skip"),
	}
})

// streams: what was sent, in order, is what is received, in both directions at
// once; nothing is invented, comes twice, or in another order; and if both sides
// close in order, nothing is lost.
func streams(s *proptest.Sim, e env) {
	there, back := proptest.Draw(s, genTraffic, "there"), proptest.Draw(s, genTraffic, "back")
	both := func(out, in traffic) part {
		return func(x *side, tr transport.Transport, _ func()) {
			tasks(s, tr,
				func() {
					if out.send(x) != nil {
						x.abort() // nobody is to wait for the rest
					}
				},
				func() { in.recv(x) })
			x.close(never)
		}
	}
	sc := meet(s, e, both(there, back), both(back, there))
	s.Run()
	if !e.kill && !e.reset && !e.files && !e.memory {
		for _, x := range []*side{sc.client, sc.server} {
			if sc.client.c == nil || sc.server.c == nil {
				break // they have not met in time
			}
			if x.flow.Complete(); !x.orderly {
				s.Fatalf("%s has not closed in order", x.name)
			}
		}
	}
}

// send sends all of it and says that it is done.
func (f traffic) send(x *side) error {
	offset := 0
	for i := 0; i < len(f.Sends); i += f.Lists {
		var list [][]byte
		for _, n := range f.Sends[i:min(i+f.Lists, len(f.Sends))] {
			list = append(list, pattern(offset, n))
			offset += n
		}
		var err error
		if f.Lists == 1 {
			err = x.send(list[0], never)
		} else {
			err = x.sendList(list, never)
		}
		if err != nil {
			return err
		}
	}
	return x.done()
}

// recv receives to the end.
func (f traffic) recv(x *side) {
	total := 0
	for _, n := range f.Sends {
		total += n
	}
	for i := 0; total > 0; i++ {
		var list []ipc.Buf
		for j := range f.Lists {
			n := min(f.Recvs[(i*f.Lists+j)%len(f.Recvs)]+j%2, total)
			if total -= n; (i+j)%f.Skip == 0 {
				list = append(list, ipc.Buf{Skip: n})
			} else {
				list = append(list, ipc.Buf{Bytes: make([]byte, n)})
			}
		}
		if i > 10*len(f.Recvs) && total > 0 { // it is all sizes of 0, or nearly
			list = append(list, ipc.Buf{Bytes: make([]byte, total)})
			total = 0
		}
		var err error
		switch b := list[0]; {
		case len(list) > 1:
			err = x.recvList(list, never)
		case b.Bytes == nil:
			err = x.skip(b.Skip, never)
		default:
			err = x.recv(b.Bytes, never)
		}
		if err != nil {
			return
		}
	}
	for range 2 { // the end stays
		if err := x.recv(make([]byte, 1), never); transport.Errno(err) != syscall.EPIPE {
			return
		}
	}
}
