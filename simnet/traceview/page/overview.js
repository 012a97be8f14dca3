// The strip at the side: the whole run from top to bottom, with what is worth going
// to, and the part that is in view.

class Overview {
  constructor(canvas, pane) {
    this.canvas = canvas;
    this.pane = pane;
    let held = false;
    const go = x => {
      const box = canvas.getBoundingClientRect();
      const part = (x.clientY - box.top) / box.height;
      this.pane.scroller.scrollTop = part * this.pane.layout.height - this.pane.scroller.clientHeight / 2;
    };
    canvas.addEventListener('pointerdown', x => { held = true; canvas.setPointerCapture(x.pointerId); go(x); });
    canvas.addEventListener('pointermove', x => { if (held) go(x); });
    canvas.addEventListener('pointerup', () => { held = false; });
  }

  draw() {
    const { canvas, pane } = this;
    const { layout, run, scroller } = pane;
    const scale = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (!layout || !width || !height) return;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const c = canvas.getContext('2d');
    c.scale(scale, scale);
    const style = getComputedStyle(canvas);
    const color = name => style.getPropertyValue(name).trim();
    const y = at => Math.min(height - 2, at / layout.height * height);
    c.fillStyle = color('--view');
    c.fillRect(0, y(scroller.scrollTop), width, Math.max(8, y(scroller.scrollTop + scroller.clientHeight) - y(scroller.scrollTop)));
    const dot = (row, kind, x, w) => {
      c.fillStyle = color(kind);
      c.fillRect(x, y(layout.y(row)) - 1, w, 2);
    };
    c.fillStyle = color('--line-strong');
    for (const b of layout.bands) c.fillRect(4, y(b.top), width - 8, 1);
    layout.rows.forEach((i, row) => {
      const e = run.events[i];
      if (isError(e)) dot(row, '--error', 3, 5);
      if (e.choices.length) dot(row, isFault(e) ? '--fault' : '--choice', 8, 5);
    });
    if (pane.selection.differ >= 0) dot(layout.rowAt(pane.selection.differ), '--differ', 0, width);
    const row = layout.row(pane.selection.event);
    if (row >= 0) dot(row, '--accent', 0, width);
  }
}
