package browsertest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"example.com/brine/simnet"
	"example.com/brine/simnet/traceview"
)

// TestLook takes pictures for a person to look at, into the directory that
// BRINE_SCREENSHOTS names.
func TestLook(t *testing.T) {
	dir := os.Getenv("BRINE_SCREENSHOTS")
	if dir == "" {
		t.Skip("BRINE_SCREENSHOTS names no directory to write pictures to")
	}
	calm := traced(t, simnet.Calm(), quota)
	for _, c := range []struct {
		name  string
		trace *simnet.Trace
		opt   traceview.Options
		keys  []string
	}{
		{"quota", traced(t, script(t, quotaScript), quota), traceview.Options{
			Title: "TestQuota", Replay: "go test ./quota -run 'TestQuota$' -proptest.replay=testdata/quota.script",
		}, []string{"d"}},
		{"calm", traced(t, script(t, quotaScript), quota), traceview.Options{Title: "TestQuota", Calm: calm}, []string{"x"}},
		{"deadlock", traced(t, simnet.Calm(), embrace), traceview.Options{Title: "TestEmbrace"}, []string{"e"}},
		{"table", traced(t, script(t, quotaScript), quota), traceview.Options{Title: "TestQuota"}, []string{"d", "t"}},
		{"keys", traced(t, script(t, quotaScript), quota), traceview.Options{Title: "TestQuota"}, []string{"?"}},
		{"end", traced(t, script(t, quotaScript), quota), traceview.Options{Title: "TestQuota"}, []string{kb.End, "e"}},
		{"parts", traced(t, simnet.Calm(), parts), traceview.Options{Title: "TestParts"}, []string{kb.End}},
		{"filter", traced(t, simnet.Calm(), crowd(40, 3)), traceview.Options{Title: "TestCrowd"}, []string{"/", "s", "o", "c", "k", "e", "t", ":", "7", kb.Enter, "j"}},
		{"crowd", traced(t, simnet.Calm(), crowd(120, 17)), traceview.Options{Title: "TestCrowd"}, []string{"j"}},
	} {
		for _, width := range []int64{1280, 390} {
			height := int64(800)
			for _, scheme := range []string{"light", "dark"} {
				b := open(t, c.trace, c.opt, width, height)
				b.scheme(scheme)
				b.press(c.keys...)
				if c.name == "crowd" {
					b.eval("document.querySelector('.scroller').scrollTop = 100000")
				}
				b.frame()
				picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
				if err != nil {
					t.Fatal(err)
				}
				file := filepath.Join(dir, c.name+"-"+scheme+"-"+map[bool]string{true: "wide", false: "narrow"}[width > 600]+".png")
				if err := os.WriteFile(file, picture, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
