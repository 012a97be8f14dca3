package protocol

import (
	"context"
	"syscall"
	"time"

	"pgregory.net/rapid"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

// cancellations: every call that is blocked when its view is cancelled comes back
// with ECANCELED in that moment, and so does every later one that could block;
// what does not block is not cancelled.
func cancellations(s *proptest.Sim, e env) {
	at := proptest.Draw(s, rapid.IntRange(0, 3), "at") // milliseconds
	s.Process("main", func(tr transport.Transport) {
		d := desk{s, tr}
		view, cancel := tr.WithCancel(context.Background())
		path := s.Path("s")
		quiet, err := ipc.Listen(view, path, 0, transport.ListenConfig{Unlink: true})
		d.ok("listen", err)
		crowded, err := ipc.Listen(tr, path+"c", 0, transport.ListenConfig{Unlink: true})
		d.ok("listen", err)
		first, err := ipc.Connect(tr, path+"c", never)
		d.ok("connect", err)
		// Of each pair the first end is in the view: one is to receive, one to send, one
		// to close.
		var ends, peers [3]*ipc.Conn
		for i := range ends {
			ends[i], peers[i], err = ipc.Pair(view)
			d.ok("pair", err)
			d.ok("attach", peers[i].Attach(tr))
		}

		start := tr.Now()
		when := start.Add(time.Duration(at) * time.Millisecond)
		over := func(what string, err error) {
			d.want(what, err, syscall.ECANCELED)
			if now := tr.Now(); now != when {
				s.Fatalf("%s came back after %v, and was cancelled after %v", what, now.Sub(start), when.Sub(start))
			}
		}
		tasks(s, tr,
			func() {
				_, err := quiet.Accept(never)
				over("accept", err)
				_, err = quiet.Accept(transport.Immediate)
				over("accept again", err)
			},
			func() {
				_, err := ipc.Connect(view, path+"c", never)
				over("connect", err)
				_, err = ipc.Connect(view, path, never)
				over("connect again", err)
			},
			func() {
				over("recv", ends[0].Recv(make([]byte, 1), never))
				d.want("recv again", ends[0].Recv(make([]byte, 1), never), syscall.ECONNRESET)
				d.ok("done", ends[0].Done())
				d.want("close", ends[0].Close(never), syscall.ECONNRESET)
				d.ok("close the peer", peers[0].Close(never))
			},
			func() {
				over("send", ends[1].Send(flood, never))
				d.want("send again", ends[1].Send([]byte("x"), never), syscall.ECONNRESET)
				d.want("done", ends[1].Done(), syscall.ECONNRESET)
				d.ok("abort", ends[1].Abort())
				d.ok("abort the peer", peers[1].Abort())
			},
			func() {
				over("close", ends[2].Close(never))
				d.want("close again", ends[2].Close(never), syscall.EBADF)
				d.ok("close the peer", peers[2].Close(never))
			},
			func() {
				tr.Sleep(when)
				cancel()
			})
		_, _, err = ipc.Pair(view)
		over("pair", err)
		d.ok("close", quiet.Close())
		d.ok("abort", first.Abort())
		d.ok("close", crowded.Close())
	})
	s.Run()
}
