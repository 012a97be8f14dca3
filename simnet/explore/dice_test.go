package explore

import (
	"math"
	"testing"

	"example.com/brine/simnet"
)

// TestDice has what is drawn first be even and independent, for seeds that follow
// each other, as those of runs may.
func TestDice(t *testing.T) {
	const seeds = 100_000
	for what := range drawPortfolio + 1 {
		var grid [4][4]int // of the first draw, and the second
		less := 0
		for seed := range uint64(seeds) {
			d := cast(seed, what)
			a, b := d.next(), d.next()
			grid[a>>62][b>>62]++
			if a < b {
				less++
			}
		}
		if dev := math.Abs(float64(less)-seeds/2) / math.Sqrt(seeds/4); dev > 4 {
			t.Errorf("%d: the first is less %d times in %d", what, less, seeds)
		}
		chi := 0.0
		for _, row := range grid {
			for _, n := range row {
				chi += math.Pow(float64(n)-seeds/16, 2) / (seeds / 16)
			}
		}
		if chi > 45 { // 15 degrees of freedom: one in 10,000
			t.Errorf("%d: %v, chi squared is %.1f", what, grid, chi)
		}
	}
}

// TestDiceAnswer has what has rates drawn by them, and the rest evenly.
func TestDiceAnswer(t *testing.T) {
	const draws = 1 << 20
	for _, test := range []struct {
		p    simnet.Point
		want []float64
	}{
		{simnet.Point{Kind: simnet.KindRun, N: 4}, []float64{.25, .25, .25, .25}},
		{simnet.Point{Kind: simnet.KindWake, N: 2}, []float64{.5, .5}},
		{simnet.Point{Kind: simnet.KindTimer, N: 3, Rate: 16384}, []float64{.75, .125, .125}},
		{simnet.Point{Kind: simnet.KindFail, N: 3, Rate: 16384, Rates: []int{12288, 4096}}, []float64{.75, .1875, .0625}},
		{simnet.Point{Kind: simnet.KindKill, N: 3, Rate: 65536, Rates: []int{32768, 32768}}, []float64{0, .5, .5}},
		{simnet.Point{Kind: simnet.KindShort, N: 3, Rate: 32768, Rates: []int{8192, 8192}}, []float64{.5, .125, .375}},
		{simnet.Point{Kind: simnet.KindJump, N: 2, Rate: 0, Rates: []int{0}}, []float64{1, 0}},
	} {
		d := cast(1, drawPCT)
		counts := make([]float64, test.p.N)
		for range draws {
			counts[d.answer(&test.p)]++
		}
		for i, n := range counts {
			if want := test.want[i] * draws; math.Abs(n-want) > 4*math.Sqrt(want) {
				t.Errorf("%s: %v, want %v", test.p.Kind, counts, test.want)
			}
		}
	}
}
