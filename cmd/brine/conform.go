//go:build unix || windows

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"time"

	"example.com/brine/simnet/conform"
)

const (
	opsDefault = 600_000
	opsScript  = 2000 // after so many, conform begins anew with empty directories
)

// conformFlags adds the flags of conform.
func (o *options) conformFlags(f *flag.FlagSet) {
	o.seed = 1
	f.Func("ops", "", func(v string) (err error) {
		if o.ops, err = strconv.Atoi(v); err != nil || o.ops <= 0 {
			err = errors.New("write how many calls to compare, such as 100000")
		}
		return err
	})
	f.Func("for", "", func(v string) (err error) {
		if o.forTime, err = parseDuration(v); err == nil && o.forTime <= 0 {
			err = errors.New("must be more than 0")
		}
		return err
	})
	f.Func("seed", "", func(v string) (err error) {
		if o.seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			err = errors.New("write a number, such as 1")
		}
		return err
	})
}

// errDiverged ends a comparison that found a difference.
var errDiverged = errors.New("the kernel and the simulation differ")

// conform compares the simulation's rules with the running kernel.
func (s *session) conform() error {
	cfg := conform.Config{Seed: s.seed, Ops: opsScript, For: s.forTime}
	if s.ops == 0 && s.forTime == 0 {
		s.ops = opsDefault
	}
	if s.ops > 0 {
		cfg.Scripts, cfg.Ops = scriptsOf(s.ops)
	}
	line := newProgressLine(s.err)
	var last time.Duration
	cfg.Progress = func(r conform.Report) {
		if r.Elapsed-last > 100*time.Millisecond {
			last = r.Elapsed
			line.write(fmt.Sprintf("%s calls compared, %s a second", grouped(r.Tally.Ops), grouped(rate(r))))
		}
	}
	r, err := conform.Run(s.ctx, cfg)
	line.clear()
	if err != nil {
		return err
	}
	if err := tell(s.out, r); err != nil {
		return outputError(err)
	}
	if r.Divergence != nil {
		return errDiverged
	}
	if r.Tally.Ops == 0 {
		return errors.New("nothing was compared; give it more time with --for")
	}
	return context.Cause(s.ctx)
}

// scriptsOf returns how many scripts have at least so many calls, and how many calls
// each has.
func scriptsOf(ops int) (scripts, each int) {
	each = min(opsScript, ops)
	return (ops-1)/each + 1, each // the sum of both may be more than an int holds
}

func rate(r conform.Report) int { return int(float64(r.Tally.Ops) / max(r.Elapsed.Seconds(), 1e-9)) }

// tell writes the summary.
func tell(w io.Writer, r conform.Report) error {
	var failed error
	say := func(format string, args ...any) {
		if _, err := fmt.Fprintf(w, format, args...); err != nil {
			failed = err
		}
	}
	say("system       %s\n", r.System)
	say("calls        %d, in %d scripts, %d a second\n", r.Tally.Ops, r.Scripts, rate(r))
	say("states       %d times those of all sockets\n", r.Tally.Sweeps)
	missing, _ := r.Tally.Missing(1, r.Root, r.Loose != "")
	say("cases        %d of %d that matter occurred\n", len(conform.Cases)-len(missing), len(conform.Cases))
	if r.Loose != "" {
		say("capacities   compared loosely: %s\n", r.Loose)
	}
	if !r.Root {
		say("permissions  not compared with a second user: that needs root\n")
	}
	say("\nanswer            kernel    simulation\n")
	for _, e := range r.Tally.Errnos() {
		say("%-13s %10d    %10d\n", e.Name, e.Kernel, e.Core)
	}
	if r.Divergence == nil {
		say("\ndivergences  0\n")
	} else {
		say("\ndivergences  1\n%s", r.Divergence)
	}
	return failed
}
