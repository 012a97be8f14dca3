package proptest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime/debug"

	"pgregory.net/rapid"

	"example.com/brine/simnet"
)

// Draw returns a value of the run's data, from a generator of package rapid. Data
// are drawn by the body, before [Sim.Run], and never in a task: there a value would
// depend on the schedule. Of a failing run they become as small as they can, and
// stand in the script by their names; so a value has to survive JSON (what it
// encodes to decodes to an equal one), and if it does not the run fails, naming the
// type. It does not block.
func Draw[V any](s *Sim, g *rapid.Generator[V], name string) V {
	if s.state != setting {
		s.Fatalf("Draw of %s comes too late: data are drawn by the body, before Run", name)
	}
	i := s.n
	s.n++
	var v V
	switch {
	case i < len(s.held):
		d := s.held[i]
		if d.Name != name {
			s.misfit("the body draws %s where the script has data %s: the script is of another program", name, d.Name)
		}
		if err := json.Unmarshal([]byte(d.JSON), &v); err != nil {
			s.misfit("data %s of the script is not of type %T: %v", name, v, err)
		}
		if s.word {
			s.data = append(s.data, d)
		}
		return v
	case s.held != nil:
		s.misfit("the body draws %s, of which the script has no data: it is of another program", name)
	case s.t == nil:
		s.undrawn = true
		panic(stopped{})
	default:
		v = generate(s, g, name)
	}
	if s.word {
		s.data = append(s.data, datum(s, v, name))
	}
	return v
}

// A misfit is the verdict about a body that draws other data than it is given.
type misfit struct{ what string }

// Error implements error.
func (e *misfit) Error() string { return e.what }

func (s *Sim) misfit(format string, args ...any) {
	s.err = &misfit{fmt.Sprintf(format, args...)}
	panic(stopped{})
}

// generate has rapid draw a value. A panic of the generator goes no further.
func generate[V any](s *Sim, g *rapid.Generator[V], name string) (v V) {
	drawn := false
	defer func() {
		if drawn {
			return
		}
		p := recover()
		if p == nil {
			return // runtime.Goexit
		}
		if fmt.Sprintf("%T", p) == "rapid.invalidData" { // no value passes a filter, say
			s.skipped = true
			panic(stopped{})
		}
		s.err = &simnet.Panic{Task: "body, in the generator of " + name + ",", Value: p, Stack: string(debug.Stack())}
		panic(stopped{})
	}()
	v = g.Draw(s.t, name)
	drawn = true
	return v
}

// datum puts a value in the words of a script.
func datum[V any](s *Sim, v V, name string) simnet.Datum {
	text, err := json.Marshal(v)
	if err != nil {
		s.Fatalf("Draw of %s: a %T cannot be written as JSON, which scripts carry it as: %v", name, v, err)
	}
	var back V
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(v, back) {
		s.Fatalf("Draw of %s: a %T does not survive JSON, which scripts carry it as; draw what it is made from, and make it in the body", name, v)
	}
	return simnet.Datum{Name: name, JSON: string(text)}
}
