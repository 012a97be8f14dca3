package docs_test

import (
	"fmt"
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A setting is what a snippet of a package's comments takes to be compiled and run:
// SNIPPET stands for it in a file's declarations, and what it leaves out ("…") is
// replaced by dots.
type setting struct {
	folder, begins string
	dots           string
	file           string
}

var settings = []setting{
	{"transport", "&http.Transport{", "", `
func TestComment_dialer(t *testing.T) {
	dial, path := transport.Dialer(simnet.NewWorld(simnet.Config{}).Process("p")), "/run/app.sock"
	tr := SNIPPET
	if _, err := (&http.Client{Transport: tr}).Get("http://app/"); !errors.Is(err, syscall.ENOENT) {
		t.Error(err)
	}
}`},
	{"ipc", "func serve(", "", `
SNIPPET
func TestComment_serve(t *testing.T) {
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		server.Background("main", func() { w.TB().Error(serve(server)) })
		client.Go("main", func() {
			var msg [16]byte
			c, err := ipc.Connect(client, "/run/echo.sock", time.Time{})
			if err != nil || c.Send(msg[:], time.Time{}) != nil || c.Recv(msg[:], time.Time{}) != nil || c.Close(time.Time{}) != nil {
				w.TB().Errorf("it is not answered: %v", err)
			}
		})
	})
	if res.Err != nil {
		t.Error(res.Err)
	}
}`},
	{"ipc/ipctest", "func TestRules(", "", `
SNIPPET
func TestMain(m *testing.M) {} // not run: there is more to a backend than this`},
	{"ipc/ipctest", "func (backend) Run(", "", `
type backend struct{ ipctest.Backend }
type stage struct {
	ipctest.Stage
	dir     string
	process *simnet.Process
}
func scene(*simnet.World, []ipctest.Node) (dir string) { return "" }
var _ testing.TB
SNIPPET`},
	{"simnet", "res := simnet.Run(", "", `
func TestComment_run(t *testing.T) {
	seed := uint64(1)
	SNIPPET
}`},
	{"simnet", "w := simnet.NewWorld(", "", `
func TestComment_free(t *testing.T) {
	SNIPPET
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c.Close()
}`},
	{"simnet", "simnet.Faults{", "", `
func TestComment_faults(t *testing.T) {
	if faults := (SNIPPET); faults[simnet.FaultKill].Max != 1 {
		t.Error(faults)
	}
}`},
	{"simnet", "client, server := simnet.Pipe()", "", `
func TestComment_pipe(t *testing.T) {
	SNIPPET
	client.Close()
	server.Close()
}`},
	{"simnet", "l := simnet.NewListener()", "", `
func TestComment_listener(t *testing.T) {
	server := new(http.Server)
	SNIPPET
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	server.Close()
}`},
	{"simnet", "w.Order(", "", `
func TestComment_order(t *testing.T) {
	simnet.Run(simnet.Config{}, func(w *simnet.World) {
		SNIPPET
	})
}`},
	{"simnet/explore", "rep, err := explore.Run(", "_, _ = server, client", `
func TestComment_explore(t *testing.T) {
	ctx := t.Context()
	SNIPPET
	if err != nil {
		t.Error(err)
	}
}`},
	{"simnet/explore", "func(s simnet.Script)", "", `
func TestComment_shrink(t *testing.T) {
	build, faults := func(w *simnet.World) { w.Process("p").Go("main", func() {}) }, simnet.Faults{}
	simnet.Loop(func(r *simnet.Runner) {
		run := SNIPPET
		if res := run(simnet.Script{}); res.Err != nil {
			t.Error(res.Err)
		}
	})
}`},
	{"proptest", "func TestEcho(", "", `
func serve(transport.Transport) {}
func ask(_ transport.Transport, msg []byte) []byte { return msg }
SNIPPET`},
	{"proptest", "s.Order(", "", `
func TestComment_order(t *testing.T) {
	_ = func(s *proptest.Sim) {
		SNIPPET
	}
}`},
	{"proptest", "there := proptest.NewStream(", "", `
func TestComment_stream(t *testing.T) {
	proptest.Config{Runs: 10}.Check(t, func(s *proptest.Sim) {
		s.Process("p", func(tr transport.Transport) {
			c, peer, err := ipc.Pair(tr)
			if err != nil {
				s.Fatal(err)
			}
			msg, p, deadline := []byte("hello"), make([]byte, 5), time.Time{}
			tr.Go("peer", func() {
				var echo [5]byte
				peer.Recv(echo[:], deadline)
				peer.Send(echo[:], deadline)
				peer.Abort()
			})
			SNIPPET
			c.Abort()
		})
		s.Run()
	})
}`},
}

// isGo reports whether a text of a comment is Go: declarations, statements, or an
// expression.
func isGo(text string) bool {
	text = strings.ReplaceAll(text, "…", "")
	for _, around := range []string{"package p\n%s", "package p\nfunc _() {\n%s\n}", "package p\nvar _ = %s"} {
		if _, err := parser.ParseFile(token.NewFileSet(), "", fmt.Sprintf(around, text), 0); err == nil {
			return true
		}
	}
	return false
}

// comments calls f with each block of code in the comments of a folder's files.
func comments(t *testing.T, folder string, f func(at token.Position, text string)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no files, %v", folder, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			var doc *ast.CommentGroup
			switch n := n.(type) {
			case *ast.File:
				doc = n.Doc
			case *ast.GenDecl:
				doc = n.Doc
			case *ast.FuncDecl:
				doc = n.Doc
			case *ast.TypeSpec:
				doc = n.Doc
			case *ast.ValueSpec:
				doc = n.Doc
			case *ast.Field:
				doc = n.Doc
			}
			if doc == nil {
				return true
			}
			for _, b := range new(comment.Parser).Parse(doc.Text()).Content {
				if c, ok := b.(*comment.Code); ok {
					f(files.Position(doc.Pos()), c.Text)
				}
			}
			return true
		})
	}
}

// writeComments writes the Go that stands in comments of the packages into the
// module in dir, a folder for each package, each snippet in its setting.
func writeComments(t *testing.T, dir string) {
	t.Helper()
	used := make([]bool, len(settings))
	for _, folder := range []string{"transport", "realunix", "ipc", "ipc/ipctest", "simnet", "simnet/conform",
		"simnet/explore", "simnet/traceview", "proptest", "examples", "examples/takeover", "examples/atmostonce",
		"examples/broker", "examples/handover"} {
		to := filepath.Join(dir, "comments", folder)
		comments(t, folder, func(at token.Position, text string) {
			found := false
			for i, f := range settings {
				if f.folder != folder || !strings.HasPrefix(text, f.begins) {
					continue
				}
				found, used[i] = true, true
				text := strings.ReplaceAll(text, "…", f.dots)
				code := file(strings.ReplaceAll(f.file, "SNIPPET", strings.TrimSuffix(text, "\n")))
				if err := os.MkdirAll(to, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(to, fmt.Sprintf("comment%d_test.go", i)), []byte(code), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if !found && isGo(text) {
				t.Errorf("%v: a snippet without a setting:\n%s", at, text)
			}
		})
	}
	for i, f := range settings {
		if !used[i] {
			t.Errorf("no comment of %s has a snippet that begins with %q", f.folder, f.begins)
		}
	}
}
