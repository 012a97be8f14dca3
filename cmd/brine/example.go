//go:build unix || windows

package main

import (
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"example.com/brine/examples"
	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// exampleFlags adds the flags of run, replay and demo.
func (o *options) exampleFlags(command string, f *flag.FlagSet) {
	if command == "run" || command == "replay" {
		f.BoolVar(&o.wrong, "wrong", false, "")
		f.BoolVar(&o.right, "right", false, "")
		f.BoolVar(&o.json, "json", false, "")
	}
	if command == "run" || command == "demo" {
		o.seed = 1
		if command == "demo" {
			o.seed = demoSeed
		}
		f.Func("seed", "", number(&o.seed))
		f.Func("out", "", directory(&o.output))
	}
	switch command {
	case "replay":
		f.Func("trace", "", file(&o.trace))
	case "run":
		f.Func("strategy", "", func(v string) error {
			o.strategy = v
			return knownStrategy(v)
		})
		f.Func("runs", "", count(&o.runs, "write how many runs, such as 10000"))
		f.Func("cores", "", func(v string) error {
			advice := fmt.Sprintf("write how many runs are executed at once, such as 2 and at most %d", mostCores)
			err := count(&o.cores, advice)(v)
			if err == nil && o.cores > mostCores {
				err = errors.New(advice)
			}
			return err
		})
		f.Func("time", "", func(v string) (err error) {
			if o.most, err = parseDuration(v); err == nil && o.most <= 0 {
				err = errors.New("must be more than 0; leave --time out to explore without limit")
			}
			return err
		})
		f.Func("faults", "", func(v string) (err error) { o.faults, err = parseFaults(v); return })
	}
}

// mostCores is more than it makes sense to have: each holds a machine of its own in
// memory, and is waited for.
const mostCores = 1024

// number returns what reads a flag's number.
func number(to *uint64) func(string) error {
	return func(v string) (err error) {
		if *to, err = strconv.ParseUint(v, 10, 64); err != nil {
			err = errors.New("write a number, such as 1")
		}
		return err
	}
}

// count returns what reads a flag's number of things; what is advice.
func count(to *int, what string) func(string) error {
	return func(v string) (err error) {
		if *to, err = strconv.Atoi(v); err != nil || *to <= 0 {
			err = errors.New(what)
		}
		return err
	}
}

func directory(to *string) func(string) error { return nameOf("directory", to) }

func file(to *string) func(string) error { return nameOf("file", to) }

func nameOf(what string, to *string) func(string) error {
	return func(v string) error {
		if v == "" {
			return errors.New("write the name of a " + what)
		}
		*to = v
		return nil
	}
}

func knownStrategy(name string) error {
	if name != "" {
		if _, err := explore.Named(name); err == nil {
			return nil
		}
	}
	return fmt.Errorf("no such strategy%s", didYouMean(name, explore.Names(), ""))
}

// parseFaults reads a list of faults, or "none".
func parseFaults(v string) (*[]simnet.Fault, error) {
	list := []simnet.Fault{}
	if v == "none" {
		return &list, nil
	}
	for name := range strings.SplitSeq(v, ",") {
		f, ok := faultNamed(name)
		if name == "none" {
			return nil, errors.New("none stands alone")
		}
		if !ok {
			return nil, fmt.Errorf("no such fault as %q%s", name, didYouMean(name, faultNames(), ""))
		}
		list = append(list, f)
	}
	return &list, nil
}

func faultNamed(name string) (simnet.Fault, bool) {
	for f := range simnet.Fault(simnet.NumFaults) {
		if f.String() == name {
			return f, true
		}
	}
	return 0, false
}

// exampleMistake returns what is wrong with the example that is asked for, or "".
func (o *options) exampleMistake() string {
	if o.wrong && o.right {
		return "--wrong and --right are two versions; give one of them"
	}
	if o.trace == "-" && o.json {
		return "only one of --json and --trace - can be standard output"
	}
	if o.name == "" {
		return ""
	}
	if _, ok := exampleNamed(o.name); !ok {
		return fmt.Sprintf("no example %q%s", o.name, didYouMean(o.name, exampleNames(), ""))
	}
	return ""
}

// nameless returns what is wrong with a run that has no example, or "": its flags have
// nothing to apply to, and a list of the examples would look like success.
func (o *options) nameless(command string, given *flag.FlagSet) (mistake string) {
	if command != "run" || o.name != "" {
		return ""
	}
	given.Visit(func(f *flag.Flag) {
		if mistake == "" && f.Name != "json" {
			mistake = fmt.Sprintf("%s needs the NAME of an example; known: %s", dashed(f.Name), strings.Join(exampleNames(), ", "))
		}
	})
	return mistake
}

func exampleNamed(name string) (examples.Program, bool) {
	for _, p := range examples.All() {
		if p.Name == name {
			return p, true
		}
	}
	return examples.Program{}, false
}

// version says which version of an example is meant.
func (o *options) version() string {
	if o.wrong {
		return "wrong"
	}
	return "right"
}

// rateOfOthers is how often faults strike that an example has no rate for, in
// 65,536 questions.
const rateOfOthers = 1000

// faultsOf returns the faults that an example is explored with: all of its own, or
// those that were asked for.
func (o *options) faultsOf(p examples.Program) simnet.Faults {
	if o.faults == nil {
		return p.World.Faults
	}
	var faults simnet.Faults
	for _, f := range *o.faults {
		if faults[f] = p.World.Faults[f]; faults[f].Rate == 0 {
			faults[f].Rate = rateOfOthers
		}
	}
	return faults
}
