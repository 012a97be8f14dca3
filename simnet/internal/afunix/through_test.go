package afunix

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestThrough makes the two operations wherever Through says that they would
// leave no trace, and finds none.
func TestThrough(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	k := New(Config{SndBuf: 4608})
	p, _ := k.Spawn(Process{})
	buf := make([]byte, 1<<17)
	state := func(ds ...Desc) string {
		var all string
		for _, d := range ds {
			mask, _ := k.Poll(p, d)
			in, _ := k.Unread(p, d)
			out, _ := k.Charged(p, d)
			all += fmt.Sprint(mask, in, out, " ")
		}
		return all
	}
	said := map[bool]int{}
	for range 2000 {
		a, b, _ := k.Pair(p)
		ends := [2]Desc{a, b}
		for range 30 {
			i := rnd.IntN(2)
			d, e := ends[i], ends[1-i]
			n := 1 + rnd.IntN(1<<rnd.IntN(17))
			switch rnd.IntN(20) {
			case 0:
				k.Shutdown(p, d, rnd.IntN(3))
			case 1:
				k.SetSndBuf(p, d, rnd.IntN(1<<17))
			case 2:
				k.Close(p, d)
			case 3, 4:
				k.Send(p, d, [][]byte{buf[:n]}, nil)
			case 5, 6, 7, 8:
				k.Recv(p, d, [][]byte{buf}, nil, 0)
			default:
				to, ok := k.Through(p, d, n)
				said[ok]++
				if !ok {
					continue
				}
				before := state(d, e)
				if id, _ := k.ID(p, e); id != to {
					t.Fatalf("the peer is %d, not %d", id, to)
				}
				sent, errno, _ := k.Send(p, d, [][]byte{buf[:n]}, nil)
				got, nfd, cut, errno2, _ := k.Recv(p, e, [][]byte{buf}, nil, 0)
				if sent != n || got != n || nfd != 0 || cut || errno != 0 || errno2 != 0 {
					t.Fatalf("of %d bytes %d were sent (%v) and %d received (%v)", n, sent, errno, got, errno2)
				}
				if after := state(d, e); after != before {
					t.Fatalf("%s became %s", before, after)
				}
			}
		}
		k.Close(p, a)
		k.Close(p, b)
		if err := k.Check(); err != nil {
			t.Fatal(err)
		}
	}
	if said[true] < 1000 || said[false] < 1000 {
		t.Errorf("Through said %v", said)
	}
}
