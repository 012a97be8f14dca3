// Words for events. Nothing here makes markup: all that comes from the trace is
// text, and is put into the page as text.

const plural = (n, what) => n + ' ' + what + (n === 1 ? '' : 's');

// rest says what an operation was given, beside its object.
function rest(e) {
  const parts = [];
  if (e.open && !e.size) {
    // It was cut short before it had begun.
  } else if (e.op === 'recv') {
    parts.push('≤ ' + e.size + ' B' + (e.fds ? ' + ' + plural(e.fds, 'fd') : ''));
  } else if (e.op === 'send') {
    parts.push(e.size + ' B');
    if (e.data) parts.push(e.data);
    if (e.fds) parts.push('+ ' + plural(e.fds, 'fd'));
  }
  if (e.args) parts.push(e.args);
  if (e.until) parts.push(e.until === 'at once' ? e.until : 'until ' + e.until);
  return parts.join(' ');
}

// outcome says what came of it, and of which kind that is.
function outcome(e) {
  if (e.open === 'killed') return ['killed', 'error'];
  if (e.open) return [e.open === 'blocked' && e.task.background ? 'left waiting' : 'never returned', isStuck(e) ? 'stuck' : 'muted'];
  const parts = [];
  if ((e.op === 'recv' || e.op === 'send') && (e.moved || !e.err)) {
    if (!(e.op === 'send' && e.moved === e.size && e.passed === e.fds)) {
      parts.push(e.moved + ' B' + (e.passed ? ' + ' + plural(e.passed, 'fd') : ''));
    }
  }
  if (e.err) parts.push(e.err);
  else if (e.made) parts.push(e.made);
  const kind = !e.err ? '' : e.err === 'EOF' ? 'muted' : e.err === 'ETIMEDOUT' ? 'timeout' : 'error';
  return [parts.join(', '), kind];
}

function taskAndNumber(e) {
  return e.task.name + (e.nth ? ' ' + e.nth : '');
}

// deviation puts a choice in words for the label.
function deviation(c) {
  return (c.after ? 'then ' : '') + c.text;
}

// sentence describes an event in full, to be read out.
function sentence(run, e) {
  let s = 'Event ' + e.n + ', at ' + e.time + '. ' + taskAndNumber(e) + ': ' + e.op;
  if (e.on) s += ' ' + e.on;
  const r = rest(e);
  if (r) s += ', ' + r.replace('≤', 'up to');
  const [out] = outcome(e);
  if (out) s += '. Result: ' + out;
  if (e.blocked || e.open) s += '. It waited' + (e.waited ? ' for ' + e.waited : '');
  if (e.from.length) s += '. Bytes from ' + e.from.map(m => 'event ' + m[0]).join(', ');
  if (e.to.length) s += '. Bytes to ' + e.to.map(m => 'event ' + m[0]).join(', ');
  for (const c of e.choices) s += '. ' + (c.fault ? 'Fault: ' : 'Deviation: ') + deviation(c);
  return s + '.';
}
