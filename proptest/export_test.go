package proptest

import (
	"reflect"
	"runtime"
)

// Place returns where a function is.
func Place(f reflect.Value) (file string, line int) {
	return runtime.FuncForPC(f.Pointer()).FileLine(f.Pointer())
}
