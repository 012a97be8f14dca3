package simnet

import (
	"cmp"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/brine/transport"
)

// The words in which a trace has errors, paths and bytes.

// verdictText is what an error says before the stacks.
func verdictText(err error) string {
	if err == nil {
		return ""
	}
	text, _, _ := strings.Cut(err.Error(), "\n\n")
	return valid(text)
}

// outcome takes an error of an operation apart.
func outcome(err error) (name, why string) {
	if err == nil {
		return "", ""
	}
	if err == io.EOF {
		return "EOF", ""
	}
	e, ok := err.(*transport.Error)
	if !ok {
		return valid(err.Error()), ""
	}
	return cmp.Or(transport.ErrnoName(e.Err), e.Err.Error()), valid(e.Detail)
}

// legible returns a path as it is, or quoted if it could be taken for something
// else.
func legible(text string) string {
	q := strconv.Quote(text)
	if q == `"`+text+`"` && !strings.ContainsAny(text, " ") {
		return text
	}
	return q
}

// valid returns text that JSON can hold.
func valid(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// quoted returns how some bytes begin.
func quoted(bufs [][]byte, size int) string {
	const most = 32
	var p []byte
	for _, b := range bufs {
		p = append(p, b[:min(len(b), most-len(p))]...)
	}
	q := strconv.QuoteToASCII(string(p))
	for len(q) > most+2 { // escapes make it longer
		p = p[:len(p)-1]
		q = strconv.QuoteToASCII(string(p))
	}
	if size > len(p) {
		q += "..."
	}
	return q
}
