// The state of sockets and processes at an event, from the changes up to it.

class States {
  constructor(run) {
    this.run = run;
    this.reset();
  }

  reset() {
    this.at = -1;
    this.now = this.run.things.map(() => ({
      state: '', holder: '', unread: 0, carried: 0, charged: 0, room: 0, shut: '', note: '', buffer: '', queued: 0, backlog: 0, fds: 0,
    }));
  }

  // after returns the states after event i. They are valid until the next call.
  after(i) {
    if (i < this.at) this.reset();
    while (this.at < i) {
      for (const [thing, field, value] of this.run.events[++this.at].changes) this.now[thing][field] = value;
    }
    return this.now;
  }
}
