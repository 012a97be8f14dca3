// The selected event, explained.

class Details {
  constructor(root, show) {
    this.root = root;
    this.go = show.go;         // go to an event of the run that is shown
    this.narrow = show.narrow; // set the filter
    this.states = new Map();
  }

  statesOf(run) {
    if (!this.states.has(run)) this.states.set(run, new States(run));
    return this.states.get(run);
  }

  empty() {
    this.root.replaceChildren();
    html('p', { class: 'hint' }, this.root, 'Select an event to see what it was given, what came of it, and the state of sockets at that moment.');
    const p = html('p', { class: 'hint' }, this.root);
    for (const [key, what] of [['↓', ''], ['↑', ' step, '], ['[', ''], [']', ' step within a task, '], ['d', ' next deviation, '], ['?', ' all keys']]) {
      html('kbd', {}, p, key);
      p.append(what);
    }
  }

  show(run, e, other) {
    const { root } = this;
    const focused = root.contains(document.activeElement);
    root.replaceChildren();
    root.scrollTop = 0;
    if (focused) root.focus(); // what led here is gone
    this.run = run;
    this.heading(e);
    if (meaning(model.ops, e.op)) html('p', { class: 'meaning' }, root, meaning(model.ops, e.op));
    this.facts(e);
    this.choices(e);
    this.bytes(e);
    if (other) this.beside(e, other);
    this.stack(e);
    this.buttons(e);
    showMoment(this, run, e);
  }

  heading(e) {
    const h = html('h2', {}, this.root);
    html('span', { class: 'n' }, h, '#' + e.n);
    h.append(' ' + e.op + (e.on ? ' ' + e.on : ''));
    const chips = html('p', { class: 'chips' }, this.root);
    if (this.run.calm) html('span', { class: 'tag' }, chips, 'calm run');
    if (e.blocked || e.open) html('span', { class: 'tag waited' }, chips, e.waited ? 'waited ' + e.waited : 'waited');
    if (e.open) html('span', { class: isStuck(e) || e.open === 'killed' ? 'tag error' : 'tag' }, chips, outcome(e)[0]);
    if (isFault(e)) html('span', { class: 'tag fault' }, chips, 'fault');
    else if (e.choices.length) html('span', { class: 'tag choice' }, chips, 'deviation');
    if (!chips.childNodes.length) chips.remove();
  }

  facts(e) {
    const list = html('dl', {}, this.root);
    const add = (name, value, kind) => {
      if (value === '' || value === undefined) return;
      html('dt', {}, list, name);
      html('dd', kind ? { class: kind } : {}, list, value);
    };
    const [out, kind] = outcome(e);
    // What came of it is what one looks for first.
    add(e.open || e.err ? 'Result' : 'Made', e.err || e.open ? out : e.made, kind);
    add('Meaning', meaning(model.errnos, e.err));
    add('Why', e.why);
    if (e.open === 'blocked') add('State', 'still blocked when the run ended');
    if (e.open === 'runnable') add('State', 'could have gone on when the run ended');
    add('Task', e.task.name + (e.task.background ? ' (in the background)' : ''));
    add('Operation', e.nth ? 'its ' + ordinal(e.nth) : '');
    add('Time', e.time);
    if (e.op === 'recv') add('Asked for', 'up to ' + plural(e.size, 'byte') + (e.fds ? ' and ' + plural(e.fds, 'descriptor') : ''));
    if (e.op === 'send') add('Offered', plural(e.size, 'byte') + (e.fds ? ' and ' + plural(e.fds, 'descriptor') : ''));
    add('Data', e.data);
    add('Arguments', e.args);
    if (e.until) add('Deadline', e.until + (e.left ? ' (' + e.left + ' after this)' : ''));
    add('Moved', e.moved ? plural(e.moved, 'byte') + (e.passed ? ' and ' + plural(e.passed, 'descriptor') : '') : '');
  }

  choices(e) {
    if (!e.choices.length) return;
    html('h3', {}, this.root, e.choices.length > 1 ? 'Deviations from the calm run' : 'Deviation from the calm run');
    const list = html('ul', { class: 'choices' }, this.root);
    for (const c of e.choices) {
      const item = html('li', {}, list);
      html('code', { class: c.fault ? 'fault' : 'choice' }, item, deviation(c));
      if (c.why) html('span', {}, item, c.why);
    }
  }

  // link is a button that leads to another event.
  link(parent, i, text) {
    const b = html('button', { type: 'button', class: 'link' }, parent, text);
    b.addEventListener('click', () => this.go(this.run, i));
    return b;
  }

  bytes(e) {
    const run = this.run;
    const lists = [['Bytes came from', e.from], ['Bytes went to', e.to]];
    for (const [title, moves] of lists) {
      if (!moves.length) continue;
      html('h3', {}, this.root, title);
      const list = html('ul', { class: 'links' }, this.root);
      for (const [n, bytes] of moves.slice(0, 50)) {
        const item = html('li', {}, list);
        const i = run.index(n);
        html('span', { class: 'amount' }, item, bytes + ' B');
        if (i < 0) item.append(' #' + n + ', which is not kept');
        else this.link(item, i, '#' + n + ' ' + taskAndNumber(run.events[i]));
      }
      if (moves.length > 50) html('li', {}, list, 'and ' + (moves.length - 50) + ' more');
    }
    const lost = e.op === 'send' ? e.moved - e.to.reduce((sum, m) => sum + m[1], 0) : 0;
    if (lost > 0) html('p', { class: 'note' }, this.root, plural(lost, 'byte') + ' of it ' + (lost === 1 ? 'was' : 'were') + ' never received.');
    const pairs = [['Accepted in', e.accepted], ['Dialled in', e.dialled]];
    for (const [title, i] of pairs) {
      if (i === undefined) continue;
      html('h3', {}, this.root, title);
      this.link(html('p', { class: 'links' }, this.root), i, '#' + run.events[i].n + ' ' + taskAndNumber(run.events[i]));
    }
    if (e.op === 'dial' && !e.err && e.made && e.accepted === undefined) html('p', { class: 'note' }, this.root, 'This connection was never accepted.');
  }

  // beside says what the same operation did in the other run.
  beside(e, { run, i }) {
    html('h3', {}, this.root, run.calm ? 'In the calm run' : 'In the failing run');
    const p = html('p', { class: 'links' }, this.root);
    if (i < 0) {
      p.textContent = e.nth ? 'There is no such operation.' : 'There is no such event.';
      return;
    }
    const f = run.events[i];
    const b = html('button', { type: 'button', class: 'link' }, p, '#' + f.n + ' ' + f.op + (f.on ? ' ' + f.on : ''));
    b.addEventListener('click', () => this.go(run, i));
    const [out] = outcome(f), [mine] = outcome(e);
    p.append(' ' + rest(f) + (out ? ' → ' + out : '') + (out === mine && rest(f) === rest(e) && f.on === e.on ? ' (the same)' : ''));
  }

  // stack says where the program has called it, from the innermost call on.
  stack(e) {
    if (!e.stack) return;
    html('h3', {}, this.root, 'Called in');
    const list = html('ol', { class: 'stack' }, this.root);
    for (const [text, file] of this.run.stacks[e.stack - 1]) {
      const [place, name] = text.split(' in ');
      const item = html('li', { title: file }, list);
      html('span', { class: 'place' }, item, place);
      item.append(' ' + name);
    }
  }

  buttons(e) {
    const p = html('p', { class: 'buttons' }, this.root);
    const add = (text, filter) => {
      const b = html('button', { type: 'button' }, p, text);
      b.addEventListener('click', () => this.narrow(filter));
    };
    if (e.task !== this.run.tasks[0]) add('Only this task', 'task:' + e.task.name);
    const name = (e.on.startsWith('fd of ') ? e.on.slice(6) : e.on) || '';
    const end = /^(\d+)[ab]$/.exec(name);
    const path = this.run.things.some(t => t.kind === 'listener' && t.name === name);
    if (end) add('Only connection ' + end[1], 'socket:' + end[1]);
    else if (path && !/\s/.test(name)) add('Only this listener', 'socket:' + name);
    if (!p.childNodes.length) p.remove();
  }
}

function ordinal(n) {
  const tens = n % 100;
  const end = tens > 10 && tens < 14 ? 'th' : ['th', 'st', 'nd', 'rd'][n % 10] || 'th';
  return n + end;
}
