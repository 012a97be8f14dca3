package simnet

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// A Frame is a place in a program: in which function, and where that is.
type Frame struct {
	Func string // with its package's path
	File string
	Line int
}

// String returns the frame for reading: "client.go:31 in main.dial".
func (f Frame) String() string {
	return filepath.Base(f.File) + ":" + strconv.Itoa(f.Line) + " in " + f.Func[strings.LastIndexByte(f.Func, '/')+1:]
}

// A Stack is where a task is, or was, from the innermost call on. It has the
// program's functions only, and none of this package, of packages transport and
// proptest or of the runtime. Stacks are known where a run was traced.
type Stack []Frame

// String returns the frames, one a line.
func (s Stack) String() string {
	var b strings.Builder
	for i, f := range s {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(f.String())
	}
	return b.String()
}

// deep reports whether the run is executed to tell more: where things are made,
// and where tasks wait.
func (s *sched) deep() bool { return s.trace != nil }

// nameOf returns the name that a trace has for one end of a connection, or ""
// where there is none.
func (s *sched) nameOf(id afunix.ID) string {
	if s.trace == nil || s.trace.origins.end(id).conn == 0 {
		return ""
	}
	return s.trace.name(id)
}

// socketText is a socket in a report.
func socketText(name string, number int) string {
	if name != "" {
		return name
	}
	return "socket " + strconv.Itoa(number)
}

// foreign are the beginnings of names of functions that are not the program's.
var foreign = [...]string{
	reflect.TypeFor[World]().PkgPath() + ".",
	reflect.TypeFor[World]().PkgPath() + "/internal/",
	reflect.TypeFor[World]().PkgPath() + "/explore.",
	path.Dir(reflect.TypeFor[World]().PkgPath()) + "/proptest.", // which calls tasks
	reflect.TypeFor[transport.Error]().PkgPath() + ".",
	"runtime.",
	"iter.",
}

func native(function string) bool {
	for _, f := range foreign {
		if strings.HasPrefix(function, f) {
			return false
		}
	}
	return true
}

// deepest is how many calls a recorded stack has at most, foreign ones included.
const deepest = 48

// here returns where the caller is, for stackAt.
func here() []uintptr {
	var pcs [deepest]uintptr
	return append([]uintptr(nil), pcs[:runtime.Callers(2, pcs[:])]...)
}

// stackAt returns the program's part of what here returned.
func stackAt(pcs []uintptr) (s Stack) {
	if len(pcs) == 0 {
		return nil
	}
	for frames := runtime.CallersFrames(pcs); ; {
		f, more := frames.Next()
		if native(f.Function) {
			s = append(s, Frame{f.Function, f.File, f.Line})
		}
		if !more {
			return s
		}
	}
}

// stacksOf returns the program's part of the stacks of goroutines, which are
// parked, or the caller itself. To have them, everything is stopped: it is for
// runs that have failed.
func stacksOf(ids map[uint64]bool) map[uint64]Stack {
	const most = 1 << 28
	all := make([]byte, 1<<16)
	for {
		n := runtime.Stack(all, true)
		if n < len(all) || n >= most {
			all = all[:n]
			break
		}
		all = make([]byte, 4*len(all))
	}
	stacks := make(map[uint64]Stack, len(ids)) // only looked up
	for one := range bytes.SplitSeq(all, []byte("\n\n")) {
		if id := goroutineOf(one); ids[id] {
			stacks[id] = parseStack(string(one))
		}
	}
	return stacks
}

// parseStack reads the stack trace of one goroutine: its state, then of each call
// two lines, one of them indented.
func parseStack(text string) (s Stack) {
	function := ""
	for i, line := range strings.Split(text, "\n") {
		place, indented := strings.CutPrefix(line, "\t")
		switch {
		case i == 0:
		case strings.HasPrefix(line, "created by "):
			return s
		case !indented:
			if end := strings.LastIndexByte(line, '('); end > 0 {
				line = line[:end]
			}
			function = line
		case native(function):
			place, _, _ = strings.Cut(place, " +0x")
			file, number, _ := cutLast(place, ':')
			n, _ := strconv.Atoi(number)
			s = append(s, Frame{function, file, n})
		}
	}
	return s
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	if i := strings.LastIndexByte(s, sep); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// writeStack writes a stack below what it belongs to.
func writeStack(b *strings.Builder, s Stack) {
	for _, f := range s {
		fmt.Fprintf(b, "\tat %s\n", f)
	}
}
