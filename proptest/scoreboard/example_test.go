package scoreboard_test

import (
	"fmt"

	"example.com/brine/proptest/scoreboard"
)

// How many runs does the default strategy need, if it is given a thousand?
func ExampleProgram() {
	p := scoreboard.Programs[0]
	cfg := p.Config
	cfg.Runs, cfg.Seed = 1000, 1
	wrong, err := cfg.Explore(p.Name, p.Wrong())
	if err != nil {
		fmt.Println(err)
		return
	}
	right, err := cfg.Explore(p.Name, p.Right())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Name, wrong.Failure != nil, right.Failure != nil)
	// Output: takeover true false
}
