package ipctest

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"example.com/brine/transport"
)

var update = flag.Bool("update", false, "write testdata/contract.txt anew")

// bare lacks everything, and plays nothing.
type bare struct{}

func (bare) Name() string                        { return "bare" }
func (bare) Lacks(Ability) string                { return "bare" }
func (bare) Run(s *Scenario, note func(e Event)) {}

// rich lacks nothing, and plays nothing either.
type rich struct{ bare }

func (rich) Lacks(Ability) string { return "" }

// The suite must not be green because something did not happen.
func TestNothingIsNotEnough(t *testing.T) {
	for _, b := range []Backend{bare{}, rich{}} {
		empty := table{backend: b}
		if len(empty.faults()) == 0 {
			t.Errorf("a run on %T that provoked nothing has no fault", b)
		}
	}
	s := Scenario{Name: "empty", Main: func(T, transport.Transport) {}}
	events := Events(bare{}, &s)
	if len(events) != 1 || events[0].Kind != Failed {
		t.Errorf("a main role that was not played: %v", events)
	}
}

func TestTable(t *testing.T) {
	whole := table{backend: rich{}}
	for _, c := range contract {
		for errno := range strings.FieldsSeq(c.errnos) {
			if _, ok := transport.ParseErrno(errno); !ok {
				t.Errorf("%s: there is no %s", c.call, errno)
			}
			if c.never == "" {
				whole.provoke(c.call, errno)
			}
		}
	}
	if faults := whole.faults(); faults != nil {
		t.Errorf("with everything provoked: %q", faults)
	}
	const golden = "testdata/contract.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(whole.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != whole.String() {
		t.Errorf("the contract is not as in %s (error %v); if it is meant to change, run with -update", golden, err)
	}

	whole.provoke(Connect, "ECONNRESET")
	if faults := whole.faults(); len(faults) != 1 || !strings.Contains(faults[0], "ipc_connect ECONNRESET was provoked") {
		t.Errorf("with what cannot happen: %q", faults)
	}
	delete(whole.provoked, "bsend EPIPE")
	if faults := whole.faults(); len(faults) != 2 {
		t.Errorf("with one missing as well: %q", faults)
	}
	if !strings.Contains(whole.String(), "EPIPE: MISSING") {
		t.Errorf("the table does not say what is missing:\n%s", whole.String())
	}
}

// wish is a role that wants err of a call to be errno, and gives up.
func wish(err error, call Call, errno syscall.Errno) Role {
	return func(t T, _ transport.Transport) {
		t.Want(err, call, errno)
		t.Fatal("the end")
	}
}

func TestWant(t *testing.T) {
	epipe := &transport.Error{Op: "send", Err: syscall.EPIPE}
	for _, c := range []struct {
		role Role
		kind Kind
		text string
	}{
		{wish(epipe, Send, syscall.EPIPE), Provoked, ""},
		{wish(nil, Send, syscall.EPIPE), Failed, "bsend: got success, want EPIPE"},
		{wish(epipe, Send, syscall.ECONNRESET), Failed, "bsend: got send: broken pipe (EPIPE), want ECONNRESET"},
		{wish(epipe, Pair, syscall.EPIPE), Failed, "ipc_pair: EPIPE is not in the contract"},
	} {
		var events []Event
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s := Scenario{Main: c.role}
			s.Play(MainRole, "", nil, nil, func(e Event) { events = append(events, e) })
		}()
		<-ended
		if len(events) != 3 || events[0].Kind != c.kind || events[0].Text != c.text {
			t.Errorf("got %+v, want %s %q first of three", events, c.kind, c.text)
			continue
		}
		if events[1].Kind != Failed || !strings.HasPrefix(events[1].At, "table_test.go:") || events[2].Kind != Ended {
			t.Errorf("after Fatal: %+v", events[1:])
		}
	}
}

func TestScenarios(t *testing.T) {
	var names []string
	for _, s := range Scenarios() {
		if s.Main == nil || slices.Contains(names, s.Name) {
			t.Errorf("scenario %q has no main role or is not the only one", s.Name)
		}
		names = append(names, s.Name)
		if Find(s.Name).Name != s.Name {
			t.Errorf("Find(%q) finds another", s.Name)
		}
	}
}

func TestPart(t *testing.T) {
	part := Part{Scenario: "none", Role: "main", Arg: "\x00ä", Dir: "/d", Limits: Limits{NOFILE: 9}}
	name, value, _ := strings.Cut(part.Env(), "=")
	t.Setenv(name, value)
	if got, ok := PartFromEnv(); !ok || got != part {
		t.Errorf("got %+v %v, want %+v", got, ok, part)
	}
	var out bytes.Buffer
	part.Play(&out, nil, nil)
	out.WriteString("panic: no event\n{\"Kind\":\"log\",\"Te") // and was killed
	var events []Event
	if err := ReadEvents(&out, func(e Event) { events = append(events, e) }); err != nil {
		t.Fatal(err)
	}
	if len(events) != 2 || events[0].Text != "no scenario none" || events[1].Text != "unexpected output: panic: no event\n" {
		t.Errorf("got %+v", events)
	}
}
