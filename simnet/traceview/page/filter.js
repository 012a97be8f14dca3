// What is shown: all events, or those that every word of the filter is about.

// concerns returns what a socket: word names: an end, both ends of a connection, or
// a path.
function concerns(e, name) {
  const is = text => {
    const bare = text.startsWith('fd of ') ? text.slice(6) : text;
    return bare === name || /^\d+$/.test(name) && /^\d+[ab]$/.test(bare) && bare.slice(0, -1) === name;
  };
  return is(e.on) || e.made !== '' && e.made.split(' ').some(is);
}

const questions = {
  task: (e, run, x) => e.task.name.toLowerCase() === x || e.task.name.toLowerCase().split('/')[1] === x ||
    e.timer > 0 && run.tasks[e.timer].name.toLowerCase() === x,
  process: (e, run, x) => run.processes[e.task.process].name.toLowerCase() === x || e.on.toLowerCase() === x && e.process > 0,
  socket: (e, run, x) => concerns(e, x),
  op: (e, run, x) => e.op === x,
};

const words = {
  error: isError,
  fault: isFault,
  deviation: e => e.choices.length > 0,
  blocked: e => !!e.blocked,
};

// parseFilter returns a function that says whether an event is shown, or null for all.
function parseFilter(text) {
  const tests = text.trim().split(/\s+/).filter(w => w).map(word => {
    const [key, ...tail] = word.split(':');
    const value = tail.join(':');
    if (value && Object.hasOwn(questions, key)) {
      const x = key === 'socket' ? value : value.toLowerCase();
      return (e, run) => questions[key](e, run, x);
    }
    if (Object.hasOwn(words, word)) return words[word];
    const x = word.toLowerCase();
    return e => haystack(e).includes(x);
  });
  return tests.length ? (e, run) => tests.every(f => f(e, run)) : null;
}

function haystack(e) {
  return ('#' + e.n + ' ' + taskAndNumber(e) + ' ' + e.op + ' ' + e.on + ' ' + rest(e) + ' ' + outcome(e)[0] + ' ' +
    e.choices.map(deviation).join(' ')).toLowerCase();
}

// suggestions are filters that are worth a try.
function suggestions(run) {
  const list = ['error', 'fault', 'deviation', 'blocked'];
  for (const t of run.tasks.slice(1, 100)) list.push('task:' + t.name);
  for (const p of run.processes.slice(1, 30)) list.push('process:' + p.name);
  for (const t of run.things.filter(t => t.kind !== 'process').slice(0, 100)) {
    const name = t.kind === 'end' ? t.name.slice(0, -1) : t.name;
    if (!/\s/.test(name) && !list.includes('socket:' + name)) list.push('socket:' + name);
  }
  return list;
}
