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
// share no memory.
//
// # Pruning
//
// Where processes are isolated, many runs are the same but for the order of
// operations that have nothing to do with each other. Exhaust tries what could
// follow once only: where a run comes to a question who goes on, in a state
// in which that question was put before, its alternatives from there on are not
// offered. They are counted as pruned, each for itself, without what would have
// followed from it.
//
// The state is what simnet says (causal.Follower): the operations done so far with
// the order of those that depend on each other, the task that asks, and the order in
// which others have become able to run. Dependent are operations on one connection,
// whichever end; whatever touches time, timers, names, descriptor numbers, limits,
// notifiers; a kill, a pause, a cancellation, a timer that goes off and a fault that
// is not one operation's depend on everything; and all that tasks of one process do
// depends on each other.
//
// That this is sound under the bound needs three things.
//
// From equal states the same follows, by as many deviations. The world and the
// memory of every process are the same, because the operations that they depend on
// were done in the same order. Which answer is the calm one depends on two things
// more: on the task that asks, which goes on if it can, and on who has been able to
// for longest if it cannot. Both are in the state. (Numbers of other answers may
// differ. But each task that could go on is an answer, in both.) So to each run
// through one state there is a run through the other, with the same deviations
// from there on, and it is the same but for the order of what is independent: every
// process has made the same operations with the same results, and the verdict is
// the same.
//
// The one that was there first had as many deviations left, or more: runs are
// executed in the order of their deviations, so that whatever was there before has
// made no more.
//
// And it does not go round in circles. Call a run covered if one that is the same
// but for the order of the independent is executed, with no more deviations. A run
// that is not executed itself leaves the executed ones at a question that is not
// offered, since the state there, or at a question before, had been seen by a run
// that was executed earlier. The rest of it can be had from there, with no more
// deviations; and if that is not executed either, it leaves at a state that was
// seen still earlier. There are finitely many.
//
// What is pruned is therefore never a verdict, nor an outcome that can be told by
// what each process has seen for itself. What an observer would see who watches
// several processes at once, such as the order of two independent operations, or
// Result.Hash, is another matter: that is what Isolated rules out.
package explore
