package simnet_test

import (
	"fmt"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// Two peers each wait for the other to begin.
func ExampleDeadlock() {
	cfg := simnet.Config{Once: true} // with the second execution, it also says at which lines
	res := simnet.Run(cfg, func(w *simnet.World) {
		alice, bob := w.Process("alice"), w.Process("bob")
		l, _ := bob.Listen("/run/bob", 1, transport.ListenConfig{})
		hear := func(c transport.Conn) {
			c.Recv([][]byte{make([]byte, 10)}, nil, time.Time{})
			c.Close()
		}
		alice.Go("main", func() {
			c, _ := alice.Dial("/run/bob", time.Time{})
			hear(c)
		})
		bob.Go("main", func() {
			c, _ := l.Accept(time.Time{})
			hear(c)
		})
	})
	fmt.Println(res.Err)
	// Output:
	// deadlock: no task can go on, and no timer is set
	// alice/main waits for bob/main, which waits for alice/main
	//
	// alice/main, operation 2: recv on socket 2
	// 	bob has the other end, socket 3, and would have to send: bob/main (recv on socket 3)
	// bob/main, operation 2: recv on socket 3
	// 	alice has the other end, socket 2, and would have to send: alice/main (recv on socket 2)
}

// A server goes on for ever, which is as it should be; its client forgets to
// close.
func ExampleLeftover() {
	cfg := simnet.Config{Tidy: true, Once: true}
	res := simnet.Run(cfg, func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		l, _ := server.Listen("/run/server", 1, transport.ListenConfig{})
		server.Background("accept", func() {
			for {
				c, err := l.Accept(time.Time{})
				if err != nil {
					return
				}
				c.Close()
			}
		})
		client.Go("main", func() { client.Dial("/run/server", time.Time{}) })
	})
	fmt.Println(res.Err)
	// Output:
	// the run passed, but left over what no background task holds; close, stop or remove it:
	//
	// descriptors:
	// client 0: connection /run/server, whose other end is closed; made by client/main, operation 1, dial
}
