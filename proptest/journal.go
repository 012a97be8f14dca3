package proptest

import (
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
)

// A journal is what a Sim was told outside of a run of simnet, which keeps one of
// its own.
type journal struct {
	mu      sync.Mutex
	log     []byte
	part    []byte // of a line that Output was given
	failed  bool
	stack   string // of who failed it first
	skipped bool
	helpers map[string]bool
}

// say adds what one of the methods was told that has called the caller of say.
func (j *journal) say(text string) {
	place := j.place()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.flush()
	j.line(place + ": " + strings.TrimSuffix(text, "\n"))
}

func (j *journal) line(text string) {
	j.log = fmt.Appendf(j.log, "%s\n", strings.ReplaceAll(text, "\n", "\n    "))
}

func (j *journal) flush() {
	if len(j.part) > 0 {
		j.line(string(j.part))
		j.part = nil
	}
}

// Write implements io.Writer, for Output.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.part = append(j.part, p...)
	for {
		line, rest, ok := strings.Cut(string(j.part), "\n")
		if !ok {
			return len(p), nil
		}
		j.line(line)
		j.part = []byte(rest)
	}
}

// own is how the names of this package's functions begin.
var own = reflect.TypeFor[Sim]().PkgPath() + "."

// place is where this package was called: "client_test.go:31". Functions that have
// called Helper are passed over.
func (j *journal) place() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		j.mu.Lock()
		helper := j.helpers[f.Function] || strings.HasPrefix(f.Function, own)
		j.mu.Unlock()
		if !helper || !more {
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
	}
}

// helper notes that the function is one which has called the caller of helper.
func (j *journal) helper() {
	var pc [1]uintptr
	if runtime.Callers(3, pc[:]) == 0 {
		return
	}
	f, _ := runtime.CallersFrames(pc[:]).Next()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.helpers == nil {
		j.helpers = map[string]bool{} // only looked up
	}
	j.helpers[f.Function] = true
}

// text returns all that was logged.
func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.flush()
	return string(j.log)
}
