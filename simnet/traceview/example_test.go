package traceview_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/simnet/traceview"
)

// A test that fails keeps the page of its run.
func ExampleWrite() {
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		p.Go("main", func() {
			a.Recv([][]byte{make([]byte, 10)}, nil, time.Time{})
			b.Close()
		})
	})
	if res.Err == nil {
		return
	}
	dir, err := os.MkdirTemp("", "page")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	f, err := os.Create(filepath.Join(dir, "failed.html"))
	if err != nil {
		fmt.Println(err)
		return
	}
	err = traceview.Write(f, res.Trace, traceview.Options{Title: "TestPair", Replay: "go test -run TestPair"})
	if e := f.Close(); err == nil {
		err = e
	}
	text, _ := os.ReadFile(f.Name())
	fmt.Println(err, strings.HasPrefix(string(text), "<!doctype html>"))
	fmt.Println(res.Trace.Verdict)
	// Output:
	// <nil> true
	// deadlock: no task can go on, and no timer is set
	// p/main waits for itself
}

func ExampleWriteTraceEvent() {
	res := simnet.Run(simnet.Config{Trace: true}, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() { p.Sleep(p.Now().Add(time.Millisecond)) })
	})
	var b bytes.Buffer
	if err := traceview.WriteTraceEvent(&b, res.Trace); err != nil {
		fmt.Println(err)
	}
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, `"name":"sleep"`) {
			line, _, _ = strings.Cut(line, `,"stack"`) // where it was called
			fmt.Println(line)
		}
	}
	// Output:
	// {"name":"sleep","cat":"blocked","ph":"X","ts":3,"dur":1002,"pid":2,"tid":2,"args":{"at":"1ms","began":"0s","blocked":true,"deadline":"1ms","event":5,"nth":1
}
