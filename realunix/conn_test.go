//go:build unix

package realunix_test

import (
	"io"
	"syscall"
	"testing"
	"time"

	"example.com/brine/realunix"
	"example.com/brine/transport"
)

func TestStream(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	a, b := pair(t, tr)
	if n, err := a.Send([][]byte{[]byte("he"), nil, []byte("llo")}, nil, never); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	buf := [][]byte{make([]byte, 1), {}, make([]byte, 9)}
	n, nfd, err := b.Recv(buf, nil, never)
	if n != 5 || nfd != 0 || err != nil || string(buf[0])+string(buf[2][:4]) != "hello" {
		t.Fatal(n, nfd, err, buf)
	}
	if n, _, err := b.Recv([][]byte{{}}, nil, never); n != 0 || err != nil {
		t.Errorf("recv without room: %d, %v", n, err)
	}
	if n, err := a.Send(nil, nil, never); n != 0 || err != nil {
		t.Errorf("send of nothing: %d, %v", n, err)
	}
	want(t, tryRecv(b, transport.Immediate), syscall.ETIMEDOUT)

	send(t, a, "last")
	if err := a.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if s := recv(t, b, 10); s != "last" {
		t.Errorf("got %q", s)
	}
	for range 2 {
		if err := tryRecv(b, never); err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
	}
	_, err = a.Send([][]byte{{1}}, nil, never)
	want(t, err, syscall.EPIPE)
	send(t, b, "reply")
	if s := recv(t, a, 10); s != "reply" {
		t.Errorf("got %q", s)
	}
	// More buffers than one system call takes.
	many := make([][]byte, 3000)
	for i := range many {
		many[i] = []byte{byte(i)}
	}
	if n, err := b.Send(many, nil, never); n != 3000 || err != nil {
		t.Errorf("send of many buffers: %d, %v", n, err)
	}
	got := make([]byte, 0, 3000)
	for len(got) < 3000 {
		got = append(got, recv(t, a, 1000)...)
	}
	for i := range got {
		if got[i] != byte(i) {
			t.Fatalf("byte %d is %d", i, got[i])
		}
	}
}

func TestPeerClosed(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	t.Run("all read", func(t *testing.T) {
		a, b := pair(t, tr)
		send(t, b, "bye")
		b.Close()
		if s := recv(t, a, 10); s != "bye" {
			t.Errorf("got %q", s)
		}
		if err := tryRecv(a, never); err != io.EOF {
			t.Errorf("then %v", err)
		}
		_, err := a.Send([][]byte{{1}}, nil, never)
		want(t, err, syscall.EPIPE)
	})
	t.Run("unread", func(t *testing.T) {
		a, b := pair(t, tr)
		send(t, a, "nobody reads this")
		send(t, b, "bye")
		b.Close()
		if s := recv(t, a, 10); s != "bye" {
			t.Errorf("got %q", s)
		}
		want(t, tryRecv(a, never), syscall.ECONNRESET) // once
		if err := tryRecv(a, never); err != io.EOF {
			t.Errorf("then %v", err)
		}
	})
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	tr := realunix.New(realunix.Config{})
	view, cancel := tr.WithCancel(t.Context())
	defer cancel()
	x, y := pair(t, tr)
	a, err := view.Attach(x)
	if err != nil {
		t.Fatal(err)
	}
	b, err := view.Attach(y)
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		l := [][]byte{make([]byte, 64)}
		for {
			if _, _, err := b.Recv(l, nil, never); err != nil {
				return
			}
			if _, err := b.Send(l, nil, never); err != nil {
				return
			}
		}
	}()
	l := [][]byte{make([]byte, 64)}
	round := func() {
		deadline := time.Now().Add(time.Hour)
		if _, err := a.Send(l, nil, deadline); err != nil {
			t.Fatal(err)
		}
		if _, _, err := a.Recv(l, nil, deadline); err != nil {
			t.Fatal(err)
		}
	}
	for range 1000 {
		round()
	}
	if n := testing.AllocsPerRun(2000, round); n > 0 {
		t.Errorf("%v allocations per round trip", n)
	}
	x.Close()
	<-stopped
}
