// The state of sockets, tasks and processes right after an event.

const mostShown = 12;

function showMoment(details, run, e) {
  const { root } = details;
  html('h3', {}, root, 'Right after this event');
  showWaiting(details, run, e);
  const now = details.statesOf(run).after(e.i);
  const things = run.things.map((thing, k) => ({ thing, k, is: now[k] }));
  const changed = new Set(e.changes.map(c => c[0]));
  showEnds(root, things, now, changed, run, e);
  showListeners(root, things, changed);
  showProcesses(root, things, changed);
  html('p', { class: 'note' }, root, 'As far as the trace tells; ● marks what this event changed.');
}

function showWaiting(details, run, e) {
  const list = run.waiting(e.i);
  if (!list.length) return;
  const { root } = details;
  html('h4', {}, root, 'Waiting');
  const ul = html('ul', { class: 'links' }, root);
  for (const f of list.slice(0, mostShown)) {
    const item = html('li', {}, ul);
    details.link(item, f.i, f.task.name);
    item.append(' in ' + f.op + (f.on ? ' ' + f.on : '') + (f.until ? ', until ' + f.until : ''));
  }
  if (list.length > mostShown) html('li', {}, ul, 'and ' + (list.length - mostShown) + ' more');
}

// grid writes a table of things; rows are lists of texts, or of a text and a class.
function grid(root, title, columns, list, changed, cells) {
  if (!list.length) return;
  html('h4', {}, root, title);
  const table = html('table', { class: 'things', 'aria-label': title }, root);
  const head = html('tr', {}, html('thead', {}, table));
  for (const c of columns) html('th', { scope: 'col' }, head, c);
  const body = html('tbody', {}, table);
  const fill = part => {
    for (const x of part) {
      const tr = html('tr', changed.has(x.k) ? { class: 'changed' } : {}, body);
      cells(x).forEach((c, i) => {
        const [text, kind, more] = Array.isArray(c) ? c : [c];
        const cell = html(i ? 'td' : 'th', i ? {} : { scope: 'row' }, tr, text);
        if (more) cell.append(more);
        if (kind) cell.className = kind;
        if (i === 0 && changed.has(x.k)) html('span', { class: 'dot', title: 'changed by this event' }, cell, '●');
      });
    }
  };
  fill(list.slice(0, mostShown));
  if (list.length <= mostShown) return;
  const b = html('button', { type: 'button', class: 'link' }, root, (list.length - mostShown) + ' more');
  b.addEventListener('click', () => { fill(list.slice(mostShown, 2000)); b.remove(); root.focus(); });
}

// showEnds lists the ends that are open, those of the event first.
function showEnds(root, things, now, changed, run, e) {
  const near = x => changed.has(x.k) || concerns(e, x.thing.name.slice(0, -1));
  const list = things.filter(x => x.thing.kind === 'end' && x.is.state && (x.is.state !== 'closed' || changed.has(x.k)));
  list.sort((x, y) => near(y) - near(x));
  const sending = new Set(run.waiting(e.i).filter(f => f.op === 'send').map(f => f.on));
  grid(root, 'Connections', ['end', 'of', 'unread', 'state'], list, changed, x => {
    const peer = now[x.thing.peer - 1], name = run.things[x.thing.peer - 1].name;
    const more = sending.has(name) ? '≥ ' : '';
    const unread = x.is.state === 'closed' ? '' : more + x.is.unread + ' B' + (x.is.carried ? ' + ' + plural(x.is.carried, 'fd') : '');
    return [x.thing.name, x.is.holder || '–', [unread, x.is.unread ? 'full' : 'muted', meter(x.is, name)], [standing(x.is, peer), x.is.note ? 'warn' : '']];
  });
}

// meter shows how much of the other end's send buffer the unread bytes take. The
// kernel counts more than the bytes: what it keeps them in.
function meter(is, sender) {
  if (!is.charged || !is.room) return null;
  const part = Math.min(100, Math.max(1, Math.round(100 * is.charged / is.room)));
  const m = document.createElement('span');
  m.className = is.charged >= is.room ? 'meter brimful' : 'meter';
  m.title = is.charged.toLocaleString('en') + ' of ' + is.room.toLocaleString('en') + ' bytes of the send buffer of ' + sender + ', as the kernel counts them';
  const bar = html('span', { class: 'bar', 'aria-hidden': 'true' }, m);
  html('span', {}, bar).style.width = part + '%';
  html('span', {}, m, part + ' %');
  html('span', { class: 'unseen' }, m, ' of the send buffer of ' + sender);
  return m;
}

// standing says in which state an end is.
function standing(is, peer) {
  const parts = [{ pending: 'not yet accepted', open: '' }[is.state] ?? is.state];
  if (is.shut) parts.push(is.shut + ' shut down');
  if (is.state !== 'closed') {
    if (is.note) parts.push(is.note);
    else if (peer.state === 'closed') parts.push(is.unread ? 'other end closed' : 'other end closed: EOF');
    else if (peer.shut.includes('writes')) parts.push(is.unread ? 'other end has ended' : 'other end has ended: EOF');
    if (peer.state !== 'closed' && peer.shut.includes('reads')) parts.push('other end reads no more');
  }
  if (is.buffer) parts.push('send buffer ' + is.buffer);
  return parts.filter(p => p).join('; ') || 'open';
}

function showListeners(root, things, changed) {
  const list = things.filter(x => x.thing.kind === 'listener' && x.is.state && (x.is.state !== 'closed' || changed.has(x.k)));
  grid(root, 'Listeners', ['path', 'of', 'backlog', 'state'], list, changed, x => [
    x.thing.name, x.is.holder || '–', [x.is.queued + ' of ' + x.is.backlog, x.is.queued ? 'full' : 'muted'], x.is.state,
  ]);
}

function showProcesses(root, things, changed) {
  const list = things.filter(x => x.thing.kind === 'process' && x.is.state);
  grid(root, 'Processes', ['process', 'descriptors', 'state'], list, changed, x => [
    x.thing.name, [String(x.is.fds), x.is.fds ? '' : 'muted'], [x.is.state, x.is.state === 'running' ? '' : 'warn'],
  ]);
}
