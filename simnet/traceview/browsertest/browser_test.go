package browsertest

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"example.com/brine/simnet"
	"example.com/brine/simnet/traceview"
)

// patience is how long anything may take, on a machine with a lot else to do.
const patience = time.Minute

// A tab is a page in a browser of its own.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu  sync.Mutex
	bad []string // what the console said
}

// chromium returns the browser. Without one the test is skipped, unless it is
// required.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("BRINE_BROWSER") == "required" {
		t.Fatal("there is no Chromium, and BRINE_BROWSER=required")
	}
	t.Skip("there is no Chromium; apt-get install chromium")
	return ""
}

// open writes the page to a file, and opens that.
func open(t *testing.T, trace *simnet.Trace, opt traceview.Options, width, height int64) *tab {
	t.Helper()
	var page bytes.Buffer
	if err := traceview.Write(&page, trace, opt); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, page.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return visit(t, chromium(t), file, width, height)
}

// browser is one for all tests, each of which has a profile of its own in it.
var browser struct {
	sync.Once
	ctx  context.Context
	stop func()
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if browser.stop != nil {
		browser.stop()
	}
	os.Exit(code)
}

// launch starts the browser.
func launch(path string) {
	dir, err := os.MkdirTemp("", "brine-browser-")
	if err != nil {
		browser.err = err
		return
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.UserDataDir(dir),
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-component-update", true),
	)
	ctx, _ = chromedp.NewContext(ctx)
	browser.ctx, browser.err = ctx, chromedp.Do(ctx)
	browser.stop = func() {
		cancel()
		os.RemoveAll(dir)
	}
}

func visit(t *testing.T, path, file string, width, height int64) *tab {
	t.Helper()
	browser.Do(func() { launch(path) })
	if browser.err != nil {
		t.Fatal(browser.err)
	}
	b := &tab{t: t}
	ctx, cancel := chromedp.NewContext(browser.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.heard))
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // which opens the tab
		t.Fatal(err)
	}
	b.ctx, cancel = context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	if _, err := chromedp.Call(b.ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	where := url.URL{Scheme: "file", Path: file}
	b.do(
		chromedp.EmulateViewport(width, height),
		chromedp.Navigate(where.String()),
		chromedp.WaitReady(chromedp.CSS(`html[data-ready]`)),
	)
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, text := range b.bad {
			t.Errorf("the console says: %s", text)
		}
	})
	return b
}

// heard notes what the console says, and that it says anything is an error.
func (b *tab) heard(event any) {
	text := ""
	switch e := event.(type) {
	case *log.EventEntryAdded:
		text = fmt.Sprintf("%s: %s", e.Entry.Level, e.Entry.Text)
	case *runtime.EventExceptionThrown:
		text = "exception: " + e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
	case *runtime.EventConsoleAPICalled:
		text = fmt.Sprintf("console.%s", e.Type)
		for _, a := range e.Args {
			text += " " + string(a.Value)
		}
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bad = append(b.bad, text)
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.t.Fatal(err, "; the console: ", strings.Join(b.bad, "; "))
	}
}

// eval returns what an expression in the page is, as text.
func (b *tab) eval(expression string) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("String("+expression+")", chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(expression, ": ", err)
	}
	return text
}

// expect waits until an expression in the page has a value: drawing waits for the next frame.
func (b *tab) expect(expression, want string) {
	b.t.Helper()
	got := ""
	for limit := time.Now().Add(10 * time.Second); time.Now().Before(limit); {
		if got = b.eval(expression); got == want {
			return
		}
		b.frame()
	}
	b.t.Fatalf("%s\n is %s\nnot %s", expression, got, want)
}

// frame waits until the page has been drawn.
func (b *tab) frame() {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void]("new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))", chromedp.EvalAwaitPromise))
}

// press has keys typed. A printable one is typed as a keyboard does it: it writes its
// character only if the page lets it.
func (b *tab) press(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		if r, _ := utf8.DecodeRuneInString(k); !unicode.IsPrint(r) || r >= utf8.RuneSelf {
			b.do(chromedp.KeyEvent(k))
			continue
		}
		for _, e := range []input.DispatchKeyEventParams{
			{Type: input.DispatchKeyEventTypeKeyDown, Key: k, Text: k},
			{Type: input.DispatchKeyEventTypeKeyUp, Key: k},
		} {
			if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, e); err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

// text is an expression for what an element says.
func text(selector string) string {
	return fmt.Sprintf("document.querySelector(%q)?.textContent", selector)
}

// scheme has the system prefer light or dark.
func (b *tab) scheme(name string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}
