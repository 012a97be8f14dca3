package simnet

import "strings"

// A Deadlock is the verdict about a run in which foreground tasks are left and
// nothing can go on: nothing is runnable, and no timer is set. It is the graph of
// who waits for whom.
type Deadlock struct {
	// Cycles are tasks of which each waits for the next, and the last for the
	// first; one that waits for itself is a cycle of one. Only waits count that
	// nobody outside could end: those that are Sure, and those of which one task
	// alone has the means. Of cycles that share tasks the shortest through the
	// first of these is here. There may be none: where somebody waits for a task
	// that has returned, say.
	Cycles [][]string

	// Waits are those of all tasks that have not returned, in the order in which
	// they were started.
	Waits []Wait
}

// Error implements error. It has the whole graph.
func (e *Deadlock) Error() string {
	var b strings.Builder
	b.WriteString("deadlock: no task can go on, and no timer is set\n")
	for _, c := range e.Cycles {
		b.WriteString(sayCycle(c))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	writeWaits(&b, e.Waits, false)
	background := false
	for i := range e.Waits {
		background = background || e.Waits[i].Background
	}
	if background {
		b.WriteString("\nin the background:\n")
		writeWaits(&b, e.Waits, true)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// sayCycle puts a cycle in words.
func sayCycle(c []string) string {
	if len(c) == 1 {
		return c[0] + " waits for itself"
	}
	var b strings.Builder
	b.WriteString(c[0])
	for i := range c {
		if i > 0 {
			b.WriteString(", which")
		}
		b.WriteString(" waits for ")
		b.WriteString(c[(i+1)%len(c)])
	}
	return b.String()
}

// deadlock is the verdict when nothing can go on.
func (s *sched) deadlock() error {
	g := s.waitFor()
	return &Deadlock{Cycles: g.cycles(), Waits: g.waits}
}

// next returns whom a task waits for, for the search of cycles.
func (g *waitFor) next(i int32) []TaskID {
	n := &g.nodes[i]
	if g.waits[i].Sure || n.total == 1 {
		return n.who
	}
	return nil
}

// cycles finds the cycles, by Tarjan's algorithm for strongly connected
// components, without recursion: there may be as many tasks in a row as there
// are.
func (g *waitFor) cycles() (found [][]string) {
	n := len(g.nodes)
	index, low := make([]int32, n), make([]int32, n) // from 1; 0 is not visited
	part := make([]int32, n)                         // number of the component, from 1
	edge := make([]int, n)                           // the next to be looked at
	var stack, path []int32
	var count, parts int32
	for root := range int32(n) {
		if index[root] != 0 {
			continue
		}
		path = append(path[:0], root)
		for len(path) > 0 {
			v := path[len(path)-1]
			if index[v] == 0 {
				count++
				index[v], low[v] = count, count
				stack = append(stack, v)
			}
			if next := g.next(v); edge[v] < len(next) {
				o := g.at[next[edge[v]]]
				edge[v]++
				switch {
				case o < 0:
				case index[o] == 0:
					path = append(path, o)
				case part[o] == 0:
					low[v] = min(low[v], index[o])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				up := path[len(path)-1]
				low[up] = min(low[up], low[v])
			}
			if low[v] == index[v] {
				parts++
				for {
					o := stack[len(stack)-1]
					stack = stack[:len(stack)-1]
					part[o] = parts
					if o == v {
						break
					}
				}
			}
		}
	}
	seen := make([]bool, parts+1)
	from := make([]int32, n)
	for v := range int32(n) { // in the order of tasks
		if !seen[part[v]] {
			seen[part[v]] = true
			if c := g.shortest(v, part, from); c != nil {
				found = append(found, c)
			}
		}
	}
	return found
}

// shortest returns the shortest cycle through v, by breadth-first search within
// its component; nil if there is none. from is scratch.
func (g *waitFor) shortest(v int32, part, from []int32) []string {
	queue := []int32{v}
	seen := map[int32]bool{} // only looked up
	for i := 0; i < len(queue); i++ {
		u := queue[i]
		for _, id := range g.next(u) {
			o := g.at[id]
			if o == v {
				var c []string
				for ; u != v; u = from[u] {
					c = append(c, g.waits[u].Task)
				}
				c = append(c, g.waits[v].Task)
				for a, b := 0, len(c)-1; a < b; a, b = a+1, b-1 {
					c[a], c[b] = c[b], c[a]
				}
				return c
			}
			if o >= 0 && part[o] == part[v] && !seen[o] {
				seen[o] = true
				from[o] = u
				queue = append(queue, o)
			}
		}
	}
	return nil
}
