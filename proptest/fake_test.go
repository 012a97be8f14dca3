package proptest_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// A fake is a test that is looked at by another one.
type fake struct {
	testing.TB
	name    string
	dir     string
	mu      sync.Mutex
	log     strings.Builder
	failed  bool
	skipped bool
}

// judge has f use a fake test, and returns what came of that. Files that it would
// leave are in the test's own directory.
func judge(t *testing.T, f func(t testing.TB)) *fake {
	t.Helper()
	return judgeIn(t, t.TempDir(), f)
}

// judgeIn is judge where an earlier one has left files.
func judgeIn(t *testing.T, dir string, f func(t testing.TB)) *fake {
	t.Helper()
	k := &fake{TB: t, name: t.Name(), dir: dir}
	t.Chdir(dir)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(k)
	}()
	<-done
	return k
}

func (k *fake) say(text string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.log.WriteString(strings.TrimSuffix(text, "\n") + "\n")
}

func (k *fake) Name() string                 { return k.name }
func (k *fake) Helper()                      {}
func (k *fake) Log(args ...any)              { k.say(fmt.Sprintln(args...)) }
func (k *fake) Logf(f string, args ...any)   { k.say(fmt.Sprintf(f, args...)) }
func (k *fake) Fail()                        { k.mu.Lock(); k.failed = true; k.mu.Unlock() }
func (k *fake) Failed() bool                 { k.mu.Lock(); defer k.mu.Unlock(); return k.failed }
func (k *fake) FailNow()                     { k.Fail(); runtime.Goexit() }
func (k *fake) Error(args ...any)            { k.Log(args...); k.Fail() }
func (k *fake) Errorf(f string, args ...any) { k.Logf(f, args...); k.Fail() }
func (k *fake) Fatal(args ...any)            { k.Log(args...); k.FailNow() }
func (k *fake) Fatalf(f string, args ...any) { k.Logf(f, args...); k.FailNow() }
func (k *fake) SkipNow()                     { k.skipped = true; runtime.Goexit() }
func (k *fake) Skip(args ...any)             { k.Log(args...); k.SkipNow() }
func (k *fake) Skipf(f string, args ...any)  { k.Logf(f, args...); k.SkipNow() }
func (k *fake) ArtifactDir() string          { return k.dir }

// passes fails the test around unless the fake one passed, having said all that.
func (k *fake) passes(t *testing.T, said ...string) {
	t.Helper()
	if k.failed || k.skipped {
		t.Errorf("it did not pass:\n%s", k.log.String())
	}
	k.says(t, said...)
}

// fails fails the test around unless the fake one failed, having said all that.
func (k *fake) fails(t *testing.T, said ...string) {
	t.Helper()
	if !k.failed {
		t.Errorf("it did not fail:\n%s", k.log.String())
	}
	k.says(t, said...)
}

func (k *fake) says(t *testing.T, said ...string) {
	t.Helper()
	for _, text := range said {
		if !strings.Contains(k.log.String(), text) {
			t.Errorf("it does not say %q:\n%s", text, k.log.String())
		}
	}
}
