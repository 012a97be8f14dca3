// Package thirdparty holds what other people's programs make of simnet: gRPC and
// a multiplexer run over it, and benchmarks compare it with what their tests use
// instead. It is a module of its own, so that brine does not depend on them.
package thirdparty
