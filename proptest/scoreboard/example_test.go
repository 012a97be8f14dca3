package scoreboard_test

import (
	"fmt"

	"example.com/brine/proptest/scoreboard"
)

// Does the default strategy find the bug, and nothing but the bug, if it is given two hundred?
func ExampleProgram() {
	p := scoreboard.Programs[0]
	cfg := p.Config
	cfg.Runs, cfg.Seed = 200, 1
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
