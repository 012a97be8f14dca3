package traceview

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"strings"

	"example.com/brine/simnet"
)

// Options is what a page says beside the trace. The zero Options is useful.
type Options struct {
	// Title says what was run, such as the name of a test. It is "Trace of a run" if
	// it is empty.
	Title string

	// Replay says how the run is executed again: a command, or what stands in a test.
	// It may have several lines.
	Replay string

	// Calm is the trace of the same program's calm run. It is shown beside the other,
	// with the first difference marked.
	Calm *simnet.Trace
}

//go:embed page
var files embed.FS

// The scripts of the page, in the order in which they are joined. They share one
// scope, and each is about one thing.
var scripts = [...]string{
	"words.js", "run.js", "state.js", "filter.js", "layout.js", "draw.js", "pane.js", "overview.js",
	"details.js", "sockets.js", "table.js", "keys.js", "main.js",
}

// Write writes the trace as one HTML file. The same trace and options give the
// same bytes. It changes neither trace, and does not keep them. Errors are w's.
func Write(w io.Writer, t *simnet.Trace, opt Options) error {
	data, err := json.Marshal(newModel(t, opt.Calm)) // which escapes <, > and &
	if err != nil {
		return err
	}
	style, script := read("page.css"), joined()
	title := opt.Title
	if title == "" {
		title = "Trace of a run"
	}
	parts := map[string]string{
		"title":      html.EscapeString(title),
		"style":      style,
		"script":     script,
		"data":       string(data),
		"styleHash":  hash(style),
		"scriptHash": hash(script),
		"badge":      badge(t),
		"verdict":    verdict(t),
		"deviations": scriptText(t),
		"replay":     replay(opt.Replay),
		"facts":      html.EscapeString(facts(t)),
	}
	out := bufio.NewWriter(w)
	rest := read("page.html")
	for {
		// What is put in is not looked at again.
		before, after, ok := strings.Cut(rest, "{{")
		out.WriteString(before)
		if !ok {
			return out.Flush()
		}
		name, tail, _ := strings.Cut(after, "}}")
		out.WriteString(parts[name])
		rest = tail
	}
}

// read returns one of the page's files.
func read(name string) string {
	text, err := files.ReadFile("page/" + name)
	if err != nil {
		panic(err) // it is not part of the package
	}
	return string(text)
}

// joined returns the scripts as one, in a scope of their own.
func joined() string {
	var b bytes.Buffer
	b.WriteString("(() => {\n'use strict';\n")
	for _, name := range scripts {
		b.WriteString(read(name))
	}
	b.WriteString("})();\n")
	return b.String()
}

// hash is by what the page's policy knows its own style and script.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
