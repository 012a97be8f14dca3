package examples_test

import (
	"context"
	"fmt"
	"log"

	"example.com/brine/examples"
	"example.com/brine/simnet/explore"
)

// Every wrong program is found out, and every right one is not.
func Example() {
	for _, p := range examples.All() {
		for _, wrong := range []bool{true, false} {
			rep, err := explore.Run(context.Background(), explore.Config{World: p.World, Runs: 200}, explore.World(p.Build(wrong)))
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("%s, wrong %v: found something %v\n", p.Name, wrong, rep.Failure != nil)
		}
	}
	// Output:
	// takeover, wrong true: found something true
	// takeover, wrong false: found something false
	// atmostonce, wrong true: found something true
	// atmostonce, wrong false: found something false
	// broker, wrong true: found something true
	// broker, wrong false: found something false
	// handover, wrong true: found something true
	// handover, wrong false: found something false
}
