package proptest

import (
	"example.com/brine/simnet/explore"
)

func (c *check) regress()                                        {}
func (c *check) replayFile(name string)                          {}
func (c *check) minimize(cfg explore.Config, f *explore.Failure) { explore.Minimize(cfg, c.program, f) }
func (c *check) fail(f *explore.Failure)                         { c.t.Fatal(f.Property, f.Script, f.Result.Trace) }
func (c *check) conclude(rep *explore.Report)                    { c.t.Log(rep.Runs) }
