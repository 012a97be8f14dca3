package simnet_test

import (
	"errors"
	"fmt"
	"time"

	"example.com/brine/simnet"
)

// A program that remembers something from one run to the next cannot be executed
// again to explain a failure.
func ExampleVerify() {
	served := 0 // should be inside the function
	res := simnet.Verify(simnet.Config{}, func(w *simnet.World) {
		server := w.Process("server")
		a, _, err := server.Pair()
		if err != nil {
			panic(err)
		}
		server.Go("greet", func() {
			served++
			a.Send([][]byte{fmt.Appendf(nil, "you are number %d", served)}, nil, time.Time{})
		})
	})
	var d *simnet.Divergence
	if errors.As(res.Err, &d) {
		fmt.Printf("step %d: %s\n", d.Step, d.What)
		for _, a := range []simnet.Account{d.First, d.Second} {
			fmt.Printf("%s, operation %d: %s %q -> %s\n", a.Task, a.Nth, a.Op, a.Data, a.Result)
		}
	}
	// Output:
	// step 1: the data that are sent differ
	// server/greet, operation 1: send "you are number 1" -> 16 bytes
	// server/greet, operation 1: send "you are number 2" -> 16 bytes
}
