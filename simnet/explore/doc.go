// Package explore executes programs on package simnet in many schedules and with
// many faults, until one run fails, and makes of that run the smallest story there
// is. It is what package proptest and the command explore with, and needs neither
// testing nor a generator of data.
//
//	rep, err := explore.Run(ctx, explore.Config{Runs: 10_000}, explore.World(func(w *simnet.World) {
//		server, client := w.Process("server"), w.Process("client")
//		…
//	}))
//	if rep.Failure != nil {
//		rep.Failure.WriteText(os.Stdout)
//	}
//
// # Strategies
//
// A [Strategy] makes the choices of a run: from a seed, and from what earlier runs
// have taught about how long runs are and how much each task does ([Knowledge]).
//
//	walk       every answer at random: who goes on is as likely as anybody
//	pct        priorities of tasks, which change at a few points (Burckhardt and
//	           others 2010): finds what takes few changes, in long runs, too
//	pos        priorities of operations, drawn anew when one that depends on them was
//	           done (Yuan and others 2018)
//	uniform    by how much each task has yet to do: every order is about as likely as
//	           every other
//	swarm      walk with some of the fault kinds only, others in each run (Groce and
//	           others 2012): what many faults hide, few show
//	portfolio  all of these, in turn: the default
//
// Runs are numbered, and what is done in each follows from the seed and its number.
// They are executed on all cores, in epochs: what is known is the same for all runs
// of one, and grows between them. So the report is the same on any number of
// cores, and the failure it tells of is the first by number.
//
// # What becomes of a failure
//
// The run is executed again, traced. Its deviations from the calm run are a
// [simnet.Script], and [Shrink] looks for the smallest script that fails in the same
// way ([Same]): fewer deviations, calmer ones, earlier ones. [Failure] tells what is
// left, with the trace in [Columns].
//
// # Exhaust
//
// [Exhaust] executes every run with at most so many deviations, and returns a
// [Certificate]. Runs that could not show anything new are left out if the processes
// share no memory; prune.go argues why that is sound.
package explore
