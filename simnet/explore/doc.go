// Package explore executes programs on package simnet in many schedules and with
// many faults, until one fails, and shrinks what made it fail.
package explore
