package conform

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	mutantsFlag = flag.Bool("mutants", false, "test the comparison on rules that are wrong on purpose (minutes)")
	mutantFlag  = flag.String("mutant", "", "with -mutants: only those whose name has this in it")
)

const coreDir = "../internal/afunix"

// Each mutant's patch has to fit, also when the mutants are not run.
func TestMutantsFit(t *testing.T) {
	if len(mutants) < 30 {
		t.Errorf("%d mutants", len(mutants))
	}
	names := map[string]bool{}
	for _, m := range mutants {
		if names[m.name] {
			t.Errorf("%s: twice", m.name)
		}
		names[m.name] = true
		if _, err := mutate(m.file, m.old, m.new); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
}

func mutate(file, old, new string) (string, error) {
	b, err := os.ReadFile(filepath.Join(coreDir, file))
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(b), old); n != 1 {
		return "", fmt.Errorf("%s has %d times:\n%s", file, n, old)
	}
	return strings.Replace(string(b), old, new, 1), nil
}

// TestMutants applies each mutant by an overlay, builds this test anew, and runs
// the comparison, which has to notice. It prints by what.
func TestMutants(t *testing.T) {
	if !*mutantsFlag {
		t.Skip("takes minutes; run with -mutants")
	}
	gobin, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	if _, err := Run(t.Context(), Config{Scripts: 1, Ops: 10}); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	found, failed := make([]string, len(mutants)), make([]error, len(mutants))
	work := make(chan int)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range work {
				found[i], failed[i] = notice(t.Context(), gobin, dir, i)
			}
		})
	}
	for i, m := range mutants {
		if strings.Contains(m.name, *mutantFlag) {
			work <- i
		}
	}
	close(work)
	wg.Wait()
	for i, m := range mutants {
		if !strings.Contains(m.name, *mutantFlag) {
			continue
		}
		if failed[i] != nil {
			t.Errorf("%s: %v", m.name, failed[i])
		} else {
			t.Logf("%-52s %s", m.name, found[i])
		}
	}
}

var divergence = regexp.MustCompile(`(seed \d+, op \d+|severed after ".*"): .*`)

// notice says by which seed and op a mutant was noticed, or by which story if it
// is of what no script has.
func notice(ctx context.Context, gobin, dir string, i int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	m := mutants[i]
	text, err := mutate(m.file, m.old, m.new)
	if err != nil {
		return "", err
	}
	base := filepath.Join(dir, strconv.Itoa(i))
	original, err := filepath.Abs(filepath.Join(coreDir, m.file))
	if err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {original: base + ".go"}})
	if err := errors.Join(err, os.WriteFile(base+".go", []byte(text), 0o600), os.WriteFile(base+".json", overlay, 0o600)); err != nil {
		return "", err
	}
	defer os.Remove(base + ".test")
	build := exec.CommandContext(ctx, gobin, "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay="+base+".json", "-o", base+".test", ".")
	if out, err := build.CombinedOutput(); err != nil {
		// A mutant that does not build proves nothing.
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	run := "^TestConform$"
	if m.file == "sever.go" {
		run = "^TestSever$"
	}
	out, err := exec.CommandContext(ctx, base+".test", "-test.run="+run, "-brief", "-exact", "-seeds=300").CombinedOutput()
	if err == nil {
		return "", errors.New("not noticed")
	}
	what := divergence.Find(out)
	if what == nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return string(what), nil
}
