package protocol

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	mutantsFlag = flag.Bool("mutants", false, "test the properties on rules that are wrong on purpose (minutes)")
	mutantFlag  = flag.String("mutant", "", "with -mutants: only those whose rule or name has this in it")
	everyFlag   = flag.Int("every", 1, "with -mutants: only every n-th of them")
	fromFlag    = flag.Int("from", 0, "with -every: beginning with this one, from 0")
)

// root is the module's directory.
const root = "../.."

// Each mutant's patch has to fit, also when the mutants are not run, and each rule
// has one.
func TestMutantsFit(t *testing.T) {
	names, has := map[string]bool{}, map[string]int{}
	for _, m := range mutants {
		if names[m.key()] {
			t.Errorf("%s: twice", m.name)
		}
		names[m.key()] = true
		has[m.rule]++
		if _, err := mutate(m.file, m.old, m.new); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
	for _, r := range rules {
		if (has[r.key] > 0) == (r.exempt != "") {
			t.Errorf("rule %s: %d mutants, exempt: %q", r.key, has[r.key], r.exempt)
		}
		delete(has, r.key)
	}
	for key := range has {
		t.Errorf("there is no rule %s", key)
	}
}

func mutate(file, old, new string) (string, error) {
	b, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(b), old); n != 1 {
		return "", fmt.Errorf("%s has %d times:\n%s", file, n, old)
	}
	return strings.Replace(string(b), old, new, 1), nil
}

// A noticed says what has noticed a mutant: a property under a mixture of faults,
// or a certificate, and in which run.
type noticed struct {
	By  string
	Run int
	Why string
}

// survey applies a mutant by an overlay, builds this test anew, and has it tell
// what notices: see TestSurvey.
func survey(ctx context.Context, gobin, dir string, i int) ([]noticed, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	m := mutants[i]
	text, err := mutate(m.file, m.old, m.new)
	if err != nil {
		return nil, err
	}
	base := filepath.Join(dir, strconv.Itoa(i))
	original, err := filepath.Abs(filepath.Join(root, m.file))
	if err != nil {
		return nil, err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {original: base + ".go"}})
	if err := errors.Join(err, os.WriteFile(base+".go", []byte(text), 0o600), os.WriteFile(base+".json", overlay, 0o600)); err != nil {
		return nil, err
	}
	defer os.Remove(base + ".test")
	build := exec.CommandContext(ctx, gobin, "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay="+base+".json", "-o", base+".test", ".")
	if out, err := build.CombinedOutput(); err != nil {
		// A mutant that does not build proves nothing.
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	// What a test keeps of a failure is not for this directory.
	cmd := exec.CommandContext(ctx, base+".test", "-test.run=^TestSurvey$", "-survey="+m.proof)
	cmd.Dir = base
	defer os.RemoveAll(base)
	if err := os.Mkdir(base, 0o700); err != nil {
		return nil, err
	}
	out, err := cmd.Output()
	var list []noticed
	for line := range strings.Lines(string(out)) {
		if rest, ok := strings.CutPrefix(line, "noticed "); ok {
			var n noticed
			if err := json.Unmarshal([]byte(rest), &n); err != nil {
				return nil, err
			}
			list = append(list, n)
		}
	}
	if err != nil { // it may be that a task does not end
		return list, fmt.Errorf("%w\n%s", err, out)
	}
	return list, nil
}
