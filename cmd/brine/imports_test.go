package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImports holds packages to what they may depend on, tests left out.
func TestImports(t *testing.T) {
	if testing.Short() {
		t.Skip("not run: it calls the go command")
	}
	const module = "example.com/brine/"
	for _, rule := range []struct {
		pkg   string
		never []string
	}{
		{"transport", []string{module + "realunix", module + "simnet", module + "ipc", "testing"}},
		{"realunix", []string{module + "simnet", module + "ipc", "testing"}},
		{"ipc", []string{module + "realunix", module + "simnet", "testing"}},
		{"ipc/ipctest", []string{module + "realunix", module + "simnet"}},
		{"simnet", []string{module + "realunix", module + "ipc", "pgregory.net/rapid"}},
		{"simnet/internal/afunix", []string{module + "transport", module + "simnet", "testing"}},
		{"simnet/explore", []string{module + "realunix", module + "proptest", "pgregory.net/rapid"}},
		{"proptest", []string{module + "realunix"}},
		{"cmd/brine", []string{module + "proptest", "pgregory.net/rapid"}},
	} {
		out, err := exec.Command("go", "list", "-deps", module+rule.pkg).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		deps := strings.Fields(string(out))
		if !slices.Contains(deps, module+rule.pkg) {
			t.Errorf("go list says nothing of %s", rule.pkg)
		}
		for _, never := range rule.never {
			if slices.Contains(deps, never) {
				t.Errorf("%s depends on %s", rule.pkg, never)
			}
		}
	}
}
