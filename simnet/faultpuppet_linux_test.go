package simnet_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.com/brine/transport"
)

// A puppet is a process of a saga, on whatever transport: it makes calls and
// says how they went.
type puppet struct {
	tr  transport.Transport
	dir string

	mu        sync.Mutex // never held across a call
	conns     map[string]transport.Conn
	listeners map[string]transport.Listener
	fds       map[string]transport.FD
	route     map[string]string // to whom what one sends is passed on
	small     int               // the size of the next connection's send buffer
}

func newPuppet(tr transport.Transport, dir string) *puppet {
	return &puppet{
		tr: tr, dir: dir,
		conns: map[string]transport.Conn{}, listeners: map[string]transport.Listener{}, fds: map[string]transport.FD{},
		route: map[string]string{},
	}
}

func (a *puppet) path(name string) string {
	if strings.HasPrefix(name, "@") {
		return name + a.dir
	}
	return a.dir + "/" + name
}

// do makes a call: what it makes is kept under the names before "=", and "now" or
// "within" and a duration at the end say how long it may wait.
func (a *puppet) do(words []string) string {
	var names []string
	if i := slices.Index(words, "="); i >= 0 {
		names, words = words[:i], words[i+1:]
	}
	deadline := a.tr.Now().Add(patience)
	switch n := len(words); {
	case n > 1 && words[n-1] == "now":
		deadline, words = transport.Immediate, words[:n-1]
	case n > 2 && words[n-2] == "within":
		d, err := time.ParseDuration(words[n-1])
		if err != nil {
			return "!" + err.Error()
		}
		deadline, words = a.tr.Now().Add(d), words[:n-2]
	}
	w := append(slices.Clone(words[1:]), "", "", "", "")
	a.mu.Lock()
	conn, listener, fd := a.conns[w[0]], a.listeners[w[0]], a.fds[w[0]]
	a.mu.Unlock()
	switch words[0] {
	case "listen":
		var cfg transport.ListenConfig
		cfg.Takeover = slices.Contains(w, "takeover")
		cfg.Unlink = slices.Contains(w, "unlink")
		l, err := a.tr.Listen(a.path(w[0]), num(w[1]), cfg)
		if err == nil {
			a.mu.Lock()
			a.listeners[names[0]] = l
			a.mu.Unlock()
		}
		return went(0, err)
	case "dial":
		c, err := a.tr.Dial(a.path(w[0]), deadline)
		return a.made(names, err, c)
	case "pair":
		c, d, err := a.tr.Pair()
		return a.made(names, err, c, d)
	case "adopt":
		c, err := a.tr.Adopt(fd)
		return a.made(names, err, c)
	case "adoptlistener":
		l, err := a.tr.AdoptListener(fd, transport.ListenConfig{})
		if err == nil {
			a.mu.Lock()
			a.listeners[names[0]] = l
			a.mu.Unlock()
		}
		return went(0, err)
	case "lock":
		fd, err := a.tr.Lock(a.path(w[0]), deadline)
		return a.has(names, fd, err)
	case "remove":
		return went(0, a.tr.Remove(a.path(w[0])))
	case "rename":
		return went(0, a.tr.Rename(a.path(w[0]), a.path(w[1])))
	case "chmod":
		mode, err := strconv.ParseUint(w[1], 8, 32)
		if err != nil {
			return "!" + err.Error()
		}
		return went(0, a.tr.Chmod(a.path(w[0]), fs.FileMode(mode)))
	case "small":
		a.small = num(w[0])
		return ""
	case "route":
		a.route[w[0]], a.route[w[1]] = w[1], w[0]
		return "ok"
	case "pass":
		return a.pass(w[0], w[1], deadline)
	}
	switch verb := words[0]; {
	case listener != nil:
		return a.listen(listener, verb, names, deadline)
	case conn != nil:
		return a.converse(conn, words, names, deadline)
	case fd != nil && verb == "close":
		return went(0, fd.Close())
	}
	return "!there is nothing called " + w[0]
}

// listen makes a call on a listener.
func (a *puppet) listen(l transport.Listener, verb string, names []string, deadline time.Time) string {
	switch verb {
	case "accept":
		c, err := l.Accept(deadline)
		return a.made(names, err, c)
	case "dup":
		fd, err := l.Dup()
		return a.has(names, fd, err)
	case "close":
		return went(0, l.Close())
	}
	return "!do what?"
}

// converse makes a call on a connection.
func (a *puppet) converse(conn transport.Conn, words, names []string, deadline time.Time) string {
	w := append(slices.Clone(words[1:]), "", "", "")
	switch words[0] {
	case "close":
		return went(0, conn.Close())
	case "dup":
		fd, err := conn.Dup()
		return a.has(names, fd, err)
	case "send":
		var fds []transport.FD
		if w[2] == "fd" {
			a.mu.Lock()
			fds = append(fds, a.fds[w[3]])
			a.mu.Unlock()
		}
		return went(conn.Send([][]byte{make([]byte, num(w[1]))}, fds, deadline))
	case "recv":
		var fds []transport.FD
		if len(names) > 0 {
			fds = make([]transport.FD, 1)
		}
		n, nfd, err := conn.Recv([][]byte{make([]byte, num(w[1]))}, fds, deadline)
		if nfd > 0 {
			return fmt.Sprint(n, " with fd: ", a.has(names, fds[0], err))
		}
		return went(n, err)
	case "drain":
		return drain(conn, num(w[1]), deadline)
	case "closewrite":
		return went(0, conn.CloseWrite())
	case "closeread":
		return went(0, conn.CloseRead())
	}
	return "!do what?"
}

func num(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// went is how a call went.
func went(n int, err error) string {
	switch {
	case err != nil && n > 0:
		return fmt.Sprint(n, ", ", err)
	case err != nil:
		return err.Error()
	case n > 0:
		return strconv.Itoa(n)
	}
	return "ok"
}

// made keeps connections.
func (a *puppet) made(names []string, err error, conns ...transport.Conn) string {
	if err != nil {
		return went(0, err)
	}
	if a.small > 0 {
		err = conns[0].(transport.SendBuffer).SetSendBuffer(a.small / 2) // which doubles it
		a.small = 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, c := range conns {
		a.conns[names[i]] = c
	}
	return went(0, err)
}

// has keeps a descriptor.
func (a *puppet) has(names []string, fd transport.FD, err error) string {
	if fd != nil {
		a.mu.Lock()
		a.fds[names[0]] = fd
		a.mu.Unlock()
	}
	return went(0, err)
}

// drain receives so many bytes, in however many pieces.
func drain(c transport.Conn, size int, deadline time.Time) string {
	got := 0
	for got < size {
		n, _, err := c.Recv([][]byte{make([]byte, size-got)}, nil, deadline)
		got += n
		if err != nil {
			return went(got, err)
		}
	}
	return went(got, nil)
}

// pass passes so many bytes on, or the end of a stream, without looking at that: it
// leaves unread what comes before it.
func (a *puppet) pass(from, what string, deadline time.Time) string {
	to := a.conns[a.route[from]]
	if what == "end" {
		return went(0, to.CloseWrite())
	}
	n, err := strconv.Atoi(what)
	if err != nil {
		return err.Error()
	}
	for p := make([]byte, n); len(p) > 0; {
		n, _, err := a.conns[from].Recv([][]byte{p}, nil, deadline)
		if err == nil {
			_, err = to.Send([][]byte{p[:n]}, nil, deadline)
		}
		if err != nil {
			return err.Error()
		}
		p = p[n:]
	}
	return "ok"
}
