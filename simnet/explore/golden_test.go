package explore_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func init() {
	if flag.Lookup("update") == nil {
		flag.Bool("update", false, "write testdata anew")
	}
}

// kept compares a text with the one that is kept of the test, which has neither
// lines nor functions of tests, so that these can be edited.
func kept(t *testing.T, dir, got string) {
	t.Helper()
	got = regexp.MustCompile(`_test\.go:\d+( in [^\s,]*)?`).ReplaceAllString(got, "_test.go")
	file := filepath.Join("testdata", dir, strings.ReplaceAll(filepath.Base(t.Name()), "_", "-")+".txt")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; go test -update writes it", err)
	}
	if got != string(want) {
		t.Errorf("%s has\n%s\ngot\n%s", file, want, got)
	}
}
