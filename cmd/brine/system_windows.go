package main

import (
	"context"
	"os"

	"example.com/brine/transport"
)

// system returns nil: what explores and replays is everywhere, sockets as Unix has
// them are not.
func system(context.Context) (transport.Transport, func()) { return nil, func() {} }

func columnsOf(*os.File) int { return 0 }

func (s *session) advice(error) string { return "" }

// A console has to be told to know the escape sequences for colours.
const coloursKnown = false
