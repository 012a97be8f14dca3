//go:build !linux

package conform

import (
	"errors"

	"example.com/brine/simnet/internal/afunix"
)

// A kernel would be the running one's side.
type kernel struct{ uid, gid, other, base int }

func newKernel() (*kernel, error) {
	return nil, errors.New("the rules are Linux's; there is no such kernel here to compare them with")
}

func (*kernel) close()                                          {}
func (*kernel) begin() error                                    { return nil }
func (*kernel) end()                                            {}
func (*kernel) do(*call, *result)                               {}
func (*kernel) register(afunix.Desc, uint64, bool)              {}
func (*kernel) ready(ids []uint64) []uint64                     { return ids }
func (*kernel) state([]afunix.Desc, []state)                    {}
func (*kernel) calibrate() (c afunix.Config, _ string, _ error) { return c, "", nil }

func version() string { return "" }
