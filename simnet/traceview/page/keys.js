// What keys do, and the list of them.

const keys = [
  [['ArrowDown', 'j'], '↓ j', 'next event', v => v.step(1)],
  [['ArrowUp', 'k'], '↑ k', 'previous event', v => v.step(-1)],
  [['PageDown'], 'Page Down', 'twenty events on', v => v.step(20)],
  [['PageUp'], 'Page Up', 'twenty events back', v => v.step(-20)],
  [['Home'], 'Home', 'first event', v => v.step(-Infinity)],
  [['End'], 'End', 'last event', v => v.step(Infinity)],
  [[']'], ']', 'next event of the same task', v => v.along(1)],
  [['['], '[', 'previous event of the same task', v => v.along(-1)],
  [['b'], 'b', 'follow the bytes to their other end', v => v.follow()],
  [['d'], 'd', 'next deviation or fault', v => v.seek(1, e => e.choices.length > 0, 'deviation')],
  [['D'], 'D', 'previous deviation or fault', v => v.seek(-1, e => e.choices.length > 0, 'deviation')],
  [['e'], 'e', 'next error', v => v.seek(1, isError, 'error')],
  [['E'], 'E', 'previous error', v => v.seek(-1, isError, 'error')],
  [['x'], 'x', 'first difference from the calm run', v => v.toDifference()],
  [['s'], 's', 'the same operation in the other run', v => v.cross()],
  [['c'], 'c', 'the calm run beside it, or not', v => v.toggleCalm()],
  [['t'], 't', 'table or diagram', v => v.toggleTable()],
  [['/'], '/', 'filter', v => v.toFilter()],
  [['Escape'], 'Esc', 'leave the filter; clear it; nothing selected', v => v.leave()],
  [['l'], 'l', 'light or dark', v => v.toggleTheme()],
  [['?'], '?', 'this list', v => v.help()],
];

const filterHelp = [
  ['client recv', 'events with all of these words'],
  ['task:client/main', 'of one task'],
  ['process:client', 'of one process, or about it'],
  ['socket:1  socket:1a', 'on one connection, or one end of it'],
  ['socket:/run/app.sock', 'on one listener, with its connections being made'],
  ['error  fault  deviation  blocked', 'events of that kind'],
];

function listenForKeys(view) {
  document.addEventListener('keydown', x => {
    if (x.ctrlKey || x.metaKey || x.altKey || x.defaultPrevented || document.getElementById('help').open) return;
    const typing = x.target instanceof HTMLInputElement;
    if (typing && x.key !== 'Escape') return;
    const found = keys.find(k => k[0].includes(x.key));
    if (!found) return;
    // What scrolls by itself, such as the table or the details, does so when it has the focus.
    if (/^(Arrow|Page|Home|End)/.test(x.key) && x.target.closest && x.target.closest('#details, .top')) return;
    x.preventDefault();
    found[3](view);
  });
}

function fillHelp(dialog) {
  const bar = html('div', { class: 'bar' }, dialog);
  html('h2', { id: 'help-title' }, bar, 'Keys, filter and marks');
  const b = html('button', { type: 'button' }, bar, 'Close');
  b.addEventListener('click', () => dialog.close());
  const columns = html('div', { class: 'columns' }, dialog);
  const left = html('section', {}, columns), right = html('section', {}, columns);
  const list = html('dl', {}, left);
  for (const [, name, what] of keys) {
    const dt = html('dt', {}, list);
    for (const k of name.split(/ (?!Down|Up)/)) html('kbd', {}, dt, k);
    html('dd', {}, list, what);
  }
  const filters = html('dl', { class: 'filters' }, right);
  for (const [name, what] of filterHelp) {
    html('code', {}, html('dt', {}, filters), name);
    html('dd', {}, filters, what);
  }
  const marks = html('dl', { class: 'marks' }, right);
  for (const [draw, what] of legend) {
    const s = svg('svg', { viewBox: '-12 -10 24 20', width: 24, height: 20, 'aria-hidden': 'true' }, html('dt', {}, marks));
    draw(s);
    html('dd', {}, marks, what);
  }
}

const legend = [
  [s => svg('circle', { class: 'mark send', r: 4 }, s), 'bytes are sent'],
  [s => svg('circle', { class: 'mark recv', r: 4 }, s), 'bytes are received'],
  [s => svg('path', { class: 'arrow', d: 'M-11 0H11' }, s), 'from the send to the receive; along the lane they wait in its buffer'],
  [s => svg('path', { class: 'arrow link', d: 'M-11 0H11' }, s), 'from dial to accept'],
  [s => svg('rect', { class: 'wait', x: -4, y: -9, width: 8, height: 18, rx: 4 }, s), 'the task waits'],
  [s => svg('rect', { class: 'wait stuck', x: -4, y: -9, width: 8, height: 18, rx: 4 }, s), 'and never returned'],
  [s => svg('circle', { class: 'mark clock', r: 4.5 }, s), 'a timer goes off or a deadline comes'],
  [s => svg('path', { class: 'deadline', d: 'M-6 0h12' }, s), 'a deadline that was not needed'],
  [s => svg('circle', { class: 'mark error', r: 4 }, s), 'an error'],
  [s => svg('path', { class: 'flag', d: 'M0 -9l9 9l-9 9l-9 -9z' }, s), 'a deviation: another goes first'],
  [s => svg('path', { class: 'flag fault', d: 'M0 -9l9 9l-9 9l-9 -9z' }, s), 'a fault'],
  [s => svg('path', { class: 'differ', d: 'M-12 0H12' }, s), 'where the run begins to differ from the calm one'],
  [s => svg('path', { class: 'mark cross error', d: 'M-4 -4l8 8m0 -8l-8 8' }, s), 'killed, or never returned'],
];
