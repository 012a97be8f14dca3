// Package browsertest tries the pages of package traceview in a real browser. It
// is a module of its own, so that brine does not depend on what drives one.
package browsertest
