package explore_test

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
	"testing"
	"time"
)

var (
	mutantsFlag = flag.Bool("mutants", false, "test the comparison on pruning that is wrong on purpose (minutes)")
	mutantFlag  = flag.String("mutant", "", "with -mutants: only those whose name has this in it")
)

// Each mutant's patch has to fit, also when the mutants are not run.
func TestMutantsFit(t *testing.T) {
	names := map[string]bool{}
	for _, m := range mutants {
		if names[m.name] {
			t.Errorf("%s: twice", m.name)
		}
		names[m.name] = true
		if _, err := mutate(m.edits); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
}

// mutate returns the files as the edits leave them, by name.
func mutate(edits []edit) (map[string]string, error) {
	files := map[string]string{}
	for _, e := range edits {
		text, ok := files[e.file]
		if !ok {
			b, err := os.ReadFile(e.file)
			if err != nil {
				return nil, err
			}
			text = string(b)
		}
		if n := strings.Count(text, e.old); n != 1 {
			return nil, fmt.Errorf("%s has %d times:\n%s", e.file, n, e.old)
		}
		files[e.file] = strings.Replace(text, e.old, e.new, 1)
	}
	return files, nil
}

// TestMutants applies each mutant by an overlay, builds this test anew, and runs
// the comparison with unpruned enumeration, which has to notice. It prints by what.
func TestMutants(t *testing.T) {
	if !*mutantsFlag {
		t.Skip("takes minutes; run with -mutants")
	}
	gobin, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	for i, m := range mutants {
		if !strings.Contains(m.name, *mutantFlag) {
			continue
		}
		if found, err := notice(t.Context(), gobin, t.TempDir(), i); err != nil {
			t.Errorf("%s: %v", m.name, err)
		} else {
			t.Logf("%-48s %s", m.name, found)
		}
	}
}

var lost = regexp.MustCompile(`(?m)_test\.go:\d+: (not reached when|reached) .*$`)

// notice says what a mutant has lost, and in how many comparisons.
func notice(ctx context.Context, gobin, dir string, i int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	files, err := mutate(mutants[i].edits)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for name, text := range files {
		original, err := filepath.Abs(name)
		if err != nil {
			return "", err
		}
		replace[original] = filepath.Join(dir, strconv.Itoa(len(replace))+".go")
		if err := os.WriteFile(replace[original], []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	list, binary := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "explore.test")
	if err := errors.Join(err, os.WriteFile(list, overlay, 0o600)); err != nil {
		return "", err
	}
	build := exec.CommandContext(ctx, gobin, "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay="+list, "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		// A mutant that does not build proves nothing.
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	out, err := exec.CommandContext(ctx, binary, "-test.run=^TestPruningIsSound", "-programs=500").CombinedOutput()
	if err == nil {
		return "", errors.New("not noticed")
	}
	all := lost.FindAll(out, -1)
	if len(all) == 0 {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return fmt.Sprintf("%d, the first %s", len(all), all[0]), nil
}
