package ipc

import (
	"math"
	"testing"
	"time"

	"example.com/brine/transport"
)

func TestMillis(t *testing.T) {
	system := &fakeTransport{now: time.Now()}
	simulated := &fakeTransport{now: time.Date(2000, 1, 1, 0, 0, 0, 123_999_999, time.UTC)}
	for name, tr := range map[string]*fakeTransport{"system": system, "simulated": simulated} {
		t.Run(name, func(t *testing.T) {
			if !Millis(tr, -1).IsZero() || !Millis(tr, math.MinInt64).IsZero() {
				t.Error("negative is not never")
			}
			if Millis(tr, 0) != transport.Immediate {
				t.Error("0 is not at once")
			}
			if !Millis(tr, math.MaxInt64).IsZero() || !Millis(tr, math.MaxInt64/1000).IsZero() {
				t.Error("the end of time is not never")
			}
			now := Now(tr)
			if now <= 0 {
				t.Fatalf("now is %d", now)
			}
			if ago := tr.now.Sub(Millis(tr, now)); ago < 0 || ago >= time.Millisecond {
				t.Errorf("Millis(Now) is %v ago", ago)
			}
			later := Millis(tr, now+1000)
			if got := later.Sub(Millis(tr, now)); got != time.Second {
				t.Errorf("a second is %v", got)
			}
			if monotonic(later) != monotonic(tr.now) {
				t.Error("a deadline of another clock")
			}
			tr.now = tr.now.Add(time.Minute)
			if got := Now(tr) - now; got != 60_000 {
				t.Errorf("a minute later it is %d ms later", got)
			}
		})
	}
	// A century ahead is a point in time.
	for _, tr := range []*fakeTransport{system, simulated} {
		ms := Now(tr) + 100*365*24*3600*1000
		if d := Millis(tr, ms).Sub(tr.now); d < 99*365*24*time.Hour {
			t.Errorf("a century is %v", d)
		}
	}
	if got := Now(&fakeTransport{now: time.Now().Add(-time.Hour)}); got != 1 {
		t.Errorf("before the program began it is %d", got)
	}
	if got := Now(&fakeTransport{now: time.Unix(-5, 0)}); got != 0 {
		t.Errorf("before 1970 it is %d", got)
	}
}
