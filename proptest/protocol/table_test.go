package protocol

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write docs/protocol.md anew, with -mutants from what they have shown")

// The page, and what it is made of: what has noticed each mutant, and how many runs
// each certificate has.
const (
	page    = root + "/docs/protocol.md"
	results = "testdata/noticed.json"
	counts  = "testdata/certificates.json"
)

// TestMutants applies each mutant by an overlay, builds this test anew, and runs
// the properties, one of which has to notice, and the certificate of its rule,
// which has to be refuted.
func TestMutants(t *testing.T) {
	if !*mutantsFlag {
		t.Skip("takes minutes; run with -mutants")
	}
	gobin, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	dir, known := t.TempDir(), read(t)
	var mu sync.Mutex // known, and t's order
	var wg sync.WaitGroup
	work, ran := make(chan int), 0
	for range 2 {
		wg.Go(func() {
			for i := range work {
				list, err := survey(t.Context(), gobin, dir, i)
				mu.Lock()
				known[mutants[i].key()] = judged(t, i, list, err)
				if *update {
					write(t, known)
				}
				mu.Unlock()
			}
		})
	}
	for i, m := range mutants {
		if strings.Contains(m.key(), *mutantFlag) && i%max(*everyFlag, 1) == *fromFlag {
			ran++
			work <- i
		}
	}
	close(work)
	wg.Wait()
	if ran == 0 {
		t.Errorf("there is no mutant like %q", *mutantFlag)
	}
}

// judged says what has noticed a mutant, and fails the test if something has not.
func judged(t *testing.T, i int, list []noticed, err error) (f finding) {
	m := mutants[i]
	for _, n := range list {
		if strings.HasPrefix(n.By, "certificate ") {
			f.Proof = n
		} else {
			f.Property = n
		}
	}
	t.Logf("%-70s %v %v", m.key(), f.Property, f.Proof)
	if err != nil || f.Property.By == "" {
		t.Errorf("%s: not noticed by a property: %v", m.key(), err)
	}
	if m.proof != "" && f.Proof.By == "" {
		t.Errorf("%s: certificate %s is not refuted", m.key(), m.proof)
	}
	return f
}

// A finding is what has noticed a mutant.
type finding struct{ Property, Proof noticed }

func read(t *testing.T) map[string]finding {
	t.Helper()
	known := map[string]finding{}
	load(t, results, &known)
	return known
}

func write(t *testing.T, known map[string]finding) {
	t.Helper()
	kept := map[string]finding{} // of mutants that there still are
	for _, m := range mutants {
		if f, ok := known[m.key()]; ok {
			kept[m.key()] = f
		}
	}
	store(t, results, kept)
}

// load reads a map, which must be there unless it is to be written.
func load(t *testing.T, name string, to any) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(b, to)
	}
	if err != nil && !(*update && os.IsNotExist(err)) {
		t.Fatal(err)
	}
}

func store(t *testing.T, name string, v any) {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "\t")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(name), 0o755)
	}
	if err == nil {
		err = os.WriteFile(name, append(b, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestPage holds docs/protocol.md to the rules, properties, certificates and mutants
// that there are, and to what was seen when the mutants were last run.
func TestPage(t *testing.T) {
	known := read(t)
	for _, m := range mutants {
		f, ok := known[m.key()]
		if !ok || f.Property.By == "" || m.proof != "" && f.Proof.By != "certificate "+m.proof {
			t.Errorf("mutant %q of rule %s was not seen to be noticed: run with -mutants -mutant %q -update", m.name, m.rule, m.name)
		}
	}
	ran := map[string]int{}
	load(t, counts, &ran)
	for _, p := range proofs {
		if ran[p.name] == 0 {
			t.Errorf("how many runs certificate %q has is not known: run TestCertificates with -update", p.name)
		}
	}
	want := render(known, ran)
	if *update {
		if err := os.WriteFile(page, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what is known; run with -update", page)
	}
}

func render(known map[string]finding, ran map[string]int) []byte {
	var b bytes.Buffer
	b.WriteString(intro)
	b.WriteString("\n## Properties\n\nEach is run under mixtures of faults, in random orders.\n\n| property | says | under |\n|---|---|---|\n")
	for _, p := range properties {
		var with []string
		for _, v := range p.variants() {
			with = append(with, v.name)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", p.name, p.says, strings.Join(with, ", "))
	}
	b.WriteString("\nThe mixtures:\n\n")
	for _, m := range mixtures {
		var names []string
		for _, f := range m.faults {
			names = append(names, f.String())
		}
		if names == nil {
			names = []string{"none"}
		}
		fmt.Fprintf(&b, "- **%s**: %s\n", m.name, strings.Join(names, ", "))
	}
	b.WriteString("\n## Certificates\n\nEvery run of each program with at most so many deviations from the calm one is executed.\n\n| certificate | program | deviations | runs |\n|---|---|---:|---:|\n")
	for _, p := range proofs {
		fmt.Fprintf(&b, "| %s | %s | %d | %d |\n", p.name, p.says, p.bound, ran[p.name])
	}
	b.WriteString("\n## Rules, and what notices that they are broken\n\n")
	for _, r := range rules {
		name := r.key
		if name[0] >= '0' && name[0] <= '9' {
			name = "rule " + name
		}
		fmt.Fprintf(&b, "### %s\n\n%s.\n\n", strings.ToUpper(name[:1])+name[1:], r.says)
		if r.exempt != "" {
			fmt.Fprintf(&b, "No mutant: %s.\n\n", r.exempt)
			continue
		}
		b.WriteString("| broken so | in | noticed by | run | refutes certificate | run |\n|---|---|---|---:|---|---:|\n")
		for _, m := range mutants {
			if m.rule != r.key {
				continue
			}
			f := known[m.key()]
			proof, in := "", ""
			if m.proof != "" {
				proof, in = m.proof, fmt.Sprint(f.Proof.Run)
			}
			fmt.Fprintf(&b, "| %s | `%s` | %s | %d | %s | %s |\n", m.name, m.file,
				strings.TrimPrefix(f.Property.By, "property "), f.Property.Run, proof, in)
		}
		b.WriteString("\n")
	}
	return append(bytes.TrimRight(b.Bytes(), "\n"), '\n')
}

const intro = `# The protocol, proven

Package ` + "`ipc`" + ` keeps libdill's rules. Its suite, ` + "`ipc/ipctest`" + `, tells what they mean in stories; package
` + "`proptest/protocol`" + ` holds them in every order of calls and under every fault that ` + "`simnet`" + ` knows: every call of
its programs is compared with the answers that the rules leave at that moment, given what both sides have done.

To see that this would notice, each rule is broken on purpose: in a line or two of the package that keeps it, applied by an
overlay. Below are the rules, what they were replaced by, which property noticed first and in which of its runs, and, where a
certificate is about the rule, in which of its runs that was refuted.

This page is written by the tests of that package:

` + "```sh" + `
go test ./proptest/protocol -run 'Certificates|Page' -update           # the lists, and the certificates
go test ./proptest/protocol -run 'Mutants|Page' -mutants -update   # and the mutants: minutes
` + "```" + `
`
