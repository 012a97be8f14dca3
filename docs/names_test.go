package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// folders is where the packages are that pages speak of.
var folders = map[string]string{
	"transport": "../transport", "realunix": "../realunix", "ipc": "../ipc", "simnet": "../simnet",
	"explore": "../simnet/explore", "proptest": "../proptest",
}

// variables is of which types the values are that pages call by these names.
var variables = map[string][]string{
	"tr": {"transport.Transport", "transport.Sockets", "transport.Files", "transport.Clock", "transport.Tasks"},
	"s":  {"proptest.Sim"}, "g": {"transport.Group"}, "w": {"simnet.World"},
	"c": {"ipc.Conn", "transport.Conn"}, "l": {"ipc.Listener", "transport.Listener", "simnet.Listener"},
}

// exported returns the names that the packages export: simnet.Kill, and of what
// types have, simnet.Process.Kill.
func exported(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for pkg, dir := range folders {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				declare(names, pkg, d)
			}
		}
	}
	return names
}

func declare(names map[string]bool, pkg string, d ast.Decl) {
	if f, ok := d.(*ast.FuncDecl); ok {
		if f.Recv == nil {
			names[pkg+"."+f.Name.Name] = true
		} else {
			names[pkg+"."+receiver(f.Recv.List[0].Type)+"."+f.Name.Name] = true
		}
		return
	}
	for _, spec := range d.(*ast.GenDecl).Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				names[pkg+"."+name.Name] = true
			}
		case *ast.TypeSpec:
			of := pkg + "." + spec.Name.Name
			names[of] = true
			var fields *ast.FieldList
			switch typ := spec.Type.(type) {
			case *ast.StructType:
				fields = typ.Fields
			case *ast.InterfaceType:
				fields = typ.Methods
			default:
				continue
			}
			for _, field := range fields.List {
				for _, name := range field.Names {
					names[of+"."+name.Name] = true
				}
			}
		}
	}
}

// receiver returns the name of a method's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// mentioned is a name in the text: simnet.FaultKill, Config.World.Tidy, tr.Go.
var mentioned = regexp.MustCompile(`(?:^|[^\w./])(\w+)\.([A-Z]\w*)(?:\.([A-Z]\w*))?`)

// TestNames: what the pages' text and tables call by name is there.
func TestNames(t *testing.T) {
	names := exported(t)
	types := map[string][]string{} // by the name without its package
	for name := range names {
		if pkg, typ, _ := strings.Cut(name, "."); !strings.Contains(typ, ".") {
			types[typ] = append(types[typ], pkg+"."+typ)
		}
	}
	n := 0
	for _, p := range pages(t) {
		for _, span := range code.FindAllString(p.outside(), -1) {
			for _, m := range mentioned.FindAllStringSubmatch(strings.Trim(span, "`"), -1) {
				of := types[m[1]]
				switch {
				case folders[m[1]] != "":
					of = []string{m[1]}
				case variables[m[1]] != nil:
					of = variables[m[1]]
				}
				if of == nil || m[1] == "c" && p.name == "from-net.md" {
					continue // package net's
				}
				n++
				if !slices.ContainsFunc(of, func(of string) bool { return names[of+"."+m[2]] }) {
					t.Errorf("%s speaks of %s: %s has no %s", p.name, span, m[1], m[2])
				}
				if m[3] != "" && folders[m[1]] != "" && !names[m[1]+"."+m[2]+"."+m[3]] {
					t.Errorf("%s speaks of %s: %s.%s has no %s", p.name, span, m[1], m[2], m[3])
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d names were found; how are they written?", n)
	}
}
