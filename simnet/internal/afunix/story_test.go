package afunix

import "testing"

func TestSmoke(t *testing.T) {
	k := New(Config{})
	p, e := k.Spawn(Process{})
	if e != 0 {
		t.Fatal(e)
	}
	a, b, e := k.Pair(p)
	if e != 0 {
		t.Fatal(e)
	}
	n, e, w := k.Send(p, a, [][]byte{[]byte("hello")}, []Desc{a})
	t.Log(n, e, w)
	buf := make([]byte, 10)
	fds := make([]Desc, 3)
	n, nfd, cut, e, w := k.Recv(p, b, [][]byte{buf}, fds, 0)
	t.Log(n, nfd, cut, e, w, fds)
	if err := k.Check(); err != nil {
		t.Fatal(err)
	}
	k.Exit(p)
	if err := k.Check(); err != nil {
		t.Fatal(err)
	}
	k.Reset()
	if err := k.Check(); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkSendRecv(b *testing.B) {
	k := New(Config{})
	p, _ := k.Spawn(Process{})
	x, y, _ := k.Pair(p)
	buf := make([]byte, 64)
	bufs := [][]byte{buf}
	b.ReportAllocs()
	for range b.N {
		k.Send(p, x, bufs, nil)
		k.Recv(p, y, bufs, nil, 0)
	}
}
