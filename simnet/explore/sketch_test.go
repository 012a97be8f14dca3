package explore

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestSketch: few numbers are counted, many estimated within two percent, in
// whatever order they come and however often.
func TestSketch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 1000, 2*sketchSize - 1, 2 * sketchSize, 200_000, 1_000_000} {
		var s sketch
		all := make([]uint64, n)
		for i := range all {
			all[i] = r.Uint64()
			s.add(all[i])
			s.add(all[r.IntN(i+1)])
		}
		got, exactly := s.count()
		if exactly != (n < 2*sketchSize) || exactly && got != n {
			t.Errorf("of %d: %d, exactly: %v", n, got, exactly)
		}
		if off := math.Abs(float64(got-n)) / float64(max(n, 1)); off > 0.02 {
			t.Errorf("of %d: %d", n, got)
		}
		if len(s.set) > 2*sketchSize {
			t.Errorf("%d numbers are kept", len(s.set))
		}
	}
}
