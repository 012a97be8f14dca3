package explore

import (
	"math/rand/v2"
	"slices"
	"testing"

	"example.com/brine/simnet"
)

func parsed(t *testing.T, lines string) []simnet.Line {
	t.Helper()
	s, err := simnet.ParseScript("brine script 1\n" + lines)
	if err != nil {
		t.Fatal(err)
	}
	return s.Lines
}

// TestSimpler has scripts from the simplest on.
func TestSimpler(t *testing.T) {
	scripts := []string{
		"",
		"c/main 3 run s/main",
		"c/main 3 timer s/main",
		"c/main 3 wake s",
		"c/main 3 short most",
		"c/main 3 short half",
		"c/main 3 short 1",
		"c/main 3 early",
		"c/main 3 late 1ms",
		"c/main 3 late 2ms",
		"c/main 3 late 10s",
		"c/main 3 jump 1s",
		"c/main 3 jump 1h",
		"c/main 3 buffer 16384",
		"c/main 3 buffer 4608",
		"c/main 3 full",
		"c/main 3 pause s",
		"c/main 3 fail ECONNRESET",
		"c/main 3 fail EPIPE",
		"c/main 3 fail EMFILE",
		"c/main 3 fail ENOMEM",
		"c/main 3 file removed",
		"c/main 3 file dirgone",
		"c/main 3 kill s",
		"c/main 3 restart s",
		"c/main 3 run s/main\nc/main 4 run s/main",
		"c/main 3 early\nc/main 4 run s/main",
		"c/main 3 late 10s\nc/main 4 run s/main",
		"c/main 3 late 1ms\nc/main 4 short most",
		"c/main 3 run s/main\nc/main 4 late 1ms\nc/main 5 run s/main",
	}
	for i, a := range scripts {
		for j, b := range scripts {
			for _, steps := range [][2]int{{5, 5}, {4, 5}, {5, 4}} {
				got := simpler(weigh(parsed(t, a), steps[0]), weigh(parsed(t, b), steps[1]))
				if want := i < j || i == j && steps[0] < steps[1]; got != want {
					t.Errorf("of %v operations, %q is simpler than %q: %v", steps, a, b, got)
				}
			}
		}
	}
}

// TestSimplerIsAnOrder compares random scripts: nothing is simpler than itself, and
// what is simpler than a simpler one is simpler.
func TestSimplerIsAnOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	random := func() weighed {
		var lines []simnet.Line
		for range rnd.IntN(3) {
			l := simnet.Line{Kind: simplicity[rnd.IntN(len(simplicity))], Op: 1 + rnd.IntN(3), Ask: 1}
			if ladder := ladders[l.Kind]; ladder != nil {
				l.Answer = ladder[rnd.IntN(len(ladder))]
			}
			lines = append(lines, l)
		}
		return weigh(lines, rnd.IntN(3))
	}
	ordered := 0
	for range 20000 {
		a, b, c := random(), random(), random()
		if simpler(a, a) || simpler(a, b) && simpler(b, a) {
			t.Fatalf("%v and %v are simpler than each other", a, b)
		}
		if simpler(a, b) && simpler(b, c) {
			if ordered++; !simpler(a, c) {
				t.Fatalf("%v is simpler than %v, that simpler than %v, and the first not than the last", a, b, c)
			}
		}
		reversed := slices.Clone(a.lines)
		slices.Reverse(reversed)
		if r := weigh(reversed, a.steps); simpler(a, r) || simpler(r, a) {
			t.Fatalf("the order of lines makes a difference: %v", a)
		}
	}
	if ordered < 100 {
		t.Errorf("only %d of 20000 were ordered", ordered)
	}
}

// TestSimplicityIsWhole looks whether each kind has its place, and each answer with
// a weight is smaller than the next.
func TestSimplicityIsWhole(t *testing.T) {
	for k := simnet.Kind(0); k.String() != "unknown"; k++ {
		if !slices.Contains(simplicity, k) {
			t.Errorf("nobody knows how simple %v is", k)
		}
	}
	for k, ladder := range ladders {
		for i := 1; i < len(ladder); i++ {
			if a, b := size(simnet.Line{Kind: k, Answer: ladder[i-1]}), size(simnet.Line{Kind: k, Answer: ladder[i]}); a >= b {
				t.Errorf("%v: %s is not smaller than %s", k, ladder[i-1], ladder[i])
			}
		}
	}
}

func TestWithoutLife(t *testing.T) {
	tests := []struct {
		lines string
		i     int
		want  string // "-" for none
	}{
		{"c/main 3 run s/main", 0, "-"},
		{"c/main 3 kill s", 0, "-"},
		{"c/main 3 restart s\nc/main 4 restart s\nb/main 3 run s/main", 0, "-"},
		{"c/main 3 restart s\ns#2/main 4 restart s#2\nc/main 5 kill s#3", 0, "s/main 4 restart s\nc/main 5 kill s#2"},
		{"c/main 3 restart s\ns#2/main 4 restart s#2\ns#3/main 5 kill s#3", 1, "c/main 3 restart s\ns#2/main 5 kill s#2"},
		{"c/main 3 kill s\nc/main 4 run s#2/main>conn~2\nc#2/main 5 run s#2/main", 0, "c/main 4 run s/main>conn~2\nc#2/main 5 run s/main"},
		{"c/main 3 kill s\nc/main 4 timer s#2/main 7\nc/main 5 wake s#3\nc/main 6 pause s#2", 0, "c/main 4 timer s/main 7\nc/main 5 wake s#2\nc/main 6 pause s"},
		{"s#2/main 2 short 1\ns#2/main 3 restart s#2\ns#3/main 1 run s#2/main", 1, "s#2/main 2 short 1\ns#2/main 1 run s#2/main"},
		{"c/main 3 kill a%20b\na%20b#2/main 4 short 1\nc/main 5 run a#2/main", 0, "a%20b/main 4 short 1\nc/main 5 run a#2/main"},
	}
	for _, test := range tests {
		got := withoutLife(parsed(t, test.lines), test.i)
		switch {
		case test.want == "-":
			if got != nil {
				t.Errorf("%q becomes %q", test.lines, textOf(got))
			}
		case textOf(got) != test.want+"\n":
			t.Errorf("%q becomes %q, and not %q", test.lines, textOf(got), test.want)
		}
	}
}
