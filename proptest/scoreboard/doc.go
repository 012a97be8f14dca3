// Package scoreboard is what strategies of exploration are measured by: programs
// of the size of an example, each with a bug as IPC code has them, and the same
// program without it.
//
// No bug shows in the calm run. Some need one deviation from it, in the right
// place, and some several at once. Strategies know nothing of the programs, and
// the programs were there before the strategies were tuned: how many runs one
// needs to find them says what it may need for a program that nobody has seen.
//
// The table is docs/scoreboard.md; this prints it:
//
//	go test ./proptest/scoreboard -run Scoreboard -scoreboard -timeout 0
package scoreboard
