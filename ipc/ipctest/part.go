package ipctest

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"sync"

	"example.com/brine/transport"
)

// A Part is what a process is told that plays a role for a test which runs in
// another one. It is for backends whose processes are real: they start the test
// binary again, with the part in its environment, and read its events from a
// pipe.
type Part struct {
	Scenario, Role, Arg string
	Dir                 string // the scenario's directory
	Limits              Limits // for the process to set before anything else
}

const partEnv = "BRINE_IPCTEST_PART"

// Env returns the environment variable that hands the part to a process.
func (p Part) Env() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings and numbers
	}
	return partEnv + "=" + string(text)
}

// PartFromEnv returns the part that this process is to play. ok is false in a
// process that has none, such as the test itself.
func PartFromEnv() (p Part, ok bool) {
	text := os.Getenv(partEnv)
	return p, text != "" && json.Unmarshal([]byte(text), &p) == nil
}

// Play plays the part on tr and returns when the role has ended. It writes its
// events to w, which ReadEvents reads, each in one Write. Those of processes
// that the role starts are for the stage to write, with note.
func (p Part) Play(w io.Writer, tr transport.Transport, stage func(note func(Event)) Stage) {
	var mu sync.Mutex
	note := func(e Event) {
		line, err := json.Marshal(e)
		if err != nil {
			panic(err)
		}
		mu.Lock()
		defer mu.Unlock()
		w.Write(append(line, '\n')) // if nobody reads, nobody wants to know
	}
	s := Find(p.Scenario)
	if s == nil {
		note(Event{Role: p.Role, Kind: Failed, Text: "no scenario " + p.Scenario})
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Play(p.Role, p.Arg, stage(note), tr, note)
	}()
	<-ended
}

// ReadEvents reads what Play wrote, to its end, and hands it to note. A last
// line that is cut short, as of a process that was killed, is left out; what is
// no event is reported as a failure.
func ReadEvents(r io.Reader, note func(Event)) error {
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadBytes('\n')
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		var e Event
		if json.Unmarshal(line, &e) != nil {
			e = Event{Kind: Failed, Text: "unexpected output: " + string(line)}
		}
		note(e)
	}
}
