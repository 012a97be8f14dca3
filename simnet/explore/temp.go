package explore

import (
	"fmt"
	"io"

	"example.com/brine/simnet"
)

type Failure struct {
	Property                  string
	Script                    simnet.Script
	Result                    *simnet.Result
	Before, After, Executions int
	Strategy                  string
	Seed                      uint64
	Index                     int
	Diverged                  error
	Shell, Test               string

	faults simnet.Faults
}

func (f *Failure) set(res *simnet.Result) {
	f.Result, f.Script = res, res.Script
	f.Before, f.After = len(f.Script.Lines), len(f.Script.Lines)
	if res.Err != nil {
		f.Property = res.Err.Error()
	}
}

func NewFailure(res *simnet.Result) *Failure {
	f := &Failure{}
	f.set(res)
	return f
}

func (f *Failure) WriteText(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s\n\n%s\n%s\n%s\n%s\n", f.Property, f.Script, f.Result.Trace, f.Shell, f.Test)
	return err
}
