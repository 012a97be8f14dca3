package proptest

import (
	"reflect"
	"runtime"
)

// Place returns where a function is.
func Place(f reflect.Value) (file string, line int) {
	return runtime.FuncForPC(f.Pointer()).FileLine(f.Pointer())
}

// Index returns which run it is.
func Index(s *Sim) int { return s.x.Index }
