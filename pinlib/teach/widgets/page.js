// Run once per page by start(); a second run does nothing.
(() => {
  if (window.pinlibClassroom) return;
  window.pinlibClassroom = true;

  // JupyterLab takes keys from a focused control: ArrowDown would move to another cell, "r" would
  // destroy this one's output (ipywidgets #3912).  Lumino looks at the focused element itself.
  document.addEventListener("focusin", (event) => {
    if (event.target.closest?.(".jupyter-widgets")) {
      event.target.setAttribute("data-lm-suppress-shortcuts", "true");
    }
  }, true);

  // JupyterLab would run the cell again at Shift+Enter, and Ctrl+Enter would press a button; both
  // throw away what the learner did here.  So Shift+Enter goes to the next cell, Esc to this one.
  window.addEventListener("keydown", (event) => {
    const leaves = event.key === "Escape" || (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey));
    if (!leaves || !event.target.closest?.(".jupyter-widgets")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.target.matches("input, textarea, select")) event.target.dispatchEvent(new Event("change", { bubbles: true }));
    if (event.key === "Enter" && !event.shiftKey) return;
    const cell = event.target.closest(".jp-Cell");
    if (!cell) return;
    cell.focus({ preventScroll: true });
    if (event.key === "Enter") {
      cell.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", keyCode: 40, bubbles: true, cancelable: true }));
    }
  }, true);

  // What a click has drawn is seen: its panel's first new line is scrolled to, where it is not.
  let clicked = null;
  for (const kind of ["click", "change", "keyup"]) {
    document.addEventListener(kind, (event) => {
      clicked = event.target.closest?.(".pinlib-panel:not(.pinlib-panel .pinlib-panel)") ?? clicked;
      setTimeout(() => { clicked = null; }, 1500);
    }, true);
  }
  const inView = (changed) => {
    const lasting = changed.closest?.(".pinlib-view");
    if (!clicked || !lasting || !clicked.contains(lasting)) return;
    const line = lasting.querySelector(".pl-outcome .pl-headline, .pl-reply, .pl-headline") ?? lasting;
    const box = line.getBoundingClientRect();
    const frame = (line.closest(".jp-WindowedPanel-outer, .jp-Notebook") ?? document.documentElement).getBoundingClientRect();
    if (box.height && (box.top < frame.top || box.bottom > frame.bottom)) {
      line.scrollIntoView({ block: box.top < frame.top ? "start" : "center" });
    }
  };

  // A handle that is dragged has a name, and says where it stands.
  const name = (handle) => {
    const slider = handle.closest(".widget-hslider, .widget-slider");
    const label = slider?.querySelector(".widget-label")?.textContent;
    const readout = slider?.querySelector(".widget-readout");
    if (!label || !readout) return;
    handle.setAttribute("aria-label", label);
    handle.setAttribute("aria-valuetext", readout.textContent);
  };

  // After "Shut Down Kernel" no class tells that nobody answers any more; the indicator does.
  const kernelGone = () => {
    const shown = [...document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator")];
    const gone = shown.length > 0 && shown.every((one) => ["terminating", "unknown", "dead"].includes(one.dataset.status));
    document.body.classList.toggle("pinlib-no-kernel", gone && shown.some((one) => one.dataset.pinlibSeen));
    for (const one of shown) if (one.dataset.status === "idle") one.dataset.pinlibSeen = "yes";
  };

  // Whether "In words" is open belongs to the panel, not to one of its pictures.
  document.addEventListener("toggle", (event) => {
    const lasting = event.target.closest?.(".pinlib-view");
    if (lasting && event.target.matches(".pl-words")) lasting.dataset.inWords = event.target.open ? "open" : "closed";
  }, true);

  // A conversation is stepped through: arrow keys on its buttons, or on a message, which a click
  // opens.  Its picture is replaced at each step, so the focus goes on to the new one.  The same
  // picture in a question or a handout has no steps, and there its messages are words alone.
  const stepped = ".pinlib-panel-handshake:has(.pinlib-steps)";
  const steppable = () => {
    for (const one of document.querySelectorAll(`${stepped} [data-step]:not([role])`)) {
      Object.assign(one, { role: "button", tabIndex: 0, title: "Open it to its bytes" });
    }
  };
  document.addEventListener("keydown", (event) => {
    const panel = event.target.closest?.(stepped);
    if (!panel || !event.target.matches(".pinlib-steps *, [data-step]")) return;
    const by = { ArrowLeft: ".pinlib-step-back", ArrowRight: ".pinlib-step-on" }[event.key];
    const opens = event.target.matches("[data-step]") && ["Enter", " "].includes(event.key);
    if (!by && !opens) return;
    event.preventDefault();
    (by ? panel.querySelector(by) : event.target).click();
  }, true);
  document.addEventListener("click", (event) => {
    const message = event.target.closest?.(`${stepped} [data-step]`);
    if (!message) return;
    const field = message.closest(stepped).querySelector(".pinlib-chosen-step input");
    field.value = message.dataset.step;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  let onMessage = null;
  document.addEventListener("focusin", (event) => {
    onMessage = event.target.matches?.("[data-step]") ? event.target.closest(".pinlib-view") : null;
  });
  const keepFocus = () => {
    if (!onMessage?.isConnected || document.activeElement !== document.body) return;
    onMessage.querySelector("[aria-current] [data-step]")?.focus({ preventScroll: true });
  };

  // A field lights up its bytes, and a byte its field; or the innermost one that is open.
  const light = (opened, path, from) => {
    for (const lit of opened.querySelectorAll(".pl-lit")) lit.classList.remove("pl-lit");
    const fields = [...opened.querySelectorAll("details[data-field]")].filter((one) => one.checkVisibility());
    const field = fields.reverse().find(({ dataset }) => `${path}.`.startsWith(`${dataset.field}.`));
    const bytes = [...opened.querySelectorAll(".pl-hex [data-field]")].filter(({ dataset }) => `${dataset.field}.`.startsWith(`${path}.`));
    for (const one of [field, ...bytes]) one?.classList.add("pl-lit");
    if (from.closest(".pl-hex")) field && within(opened.querySelector(".pl-fields"), field.firstElementChild);
    else bytes[0] && within(opened.querySelector(".pl-hex"), bytes[0]);
  };
  const within = (frame, one) => {
    const box = one.getBoundingClientRect(), edge = frame.getBoundingClientRect();
    if (box.top < edge.top || box.bottom > edge.bottom) frame.scrollTop += box.top - edge.top - (edge.height - box.height) / 3;
  };
  for (const kind of ["mouseover", "focusin"]) {
    document.addEventListener(kind, ({ target }) => {
      const opened = target.closest?.(".pl-opened"), field = target.closest?.("[data-field]");
      if (opened && field) light(opened, field.dataset.field, target);
    });
  }
  // In the bytes, arrow keys go from field to field.
  document.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || !event.target.matches?.(".pl-opened .pl-hex")) return;
    event.preventDefault();
    const paths = [...new Set([...event.target.querySelectorAll("[data-field]")].map((one) => one.dataset.field))];
    const now = event.target.querySelector(".pl-lit")?.dataset.field;
    const next = paths[Math.min(paths.length - 1, Math.max(0, paths.indexOf(now) + by))];
    light(event.target.closest(".pl-opened"), next, event.target);
    within(event.target, event.target.querySelector(".pl-lit"));
  }, true);

  // One click takes a pin along.  Where the browser forbids that, it is marked instead.
  document.body.classList.add("pinlib-classroom");
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.(".pl-copier");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.dataset.said = "copied";
    } catch {
      getSelection().selectAllChildren(button.parentElement.querySelector(".pl-whole"));
      button.dataset.said = "marked";
    }
    setTimeout(() => { delete button.dataset.said; }, 2000);
  });

  // What is pasted is answered at once; what is typed waits for Enter, as ipywidgets has it.
  document.addEventListener("paste", (event) => {
    const field = event.target.closest?.(".pinlib-panel input[type=text]");
    if (field) setTimeout(() => field.dispatchEvent(new Event("change", { bubbles: true })));
  });

  // A message of 10 MiB never reaches Python: the connection drops, and nobody is told.  So what is
  // chosen is cut off one byte behind the limit, and Python's own check refuses it in words.
  // ipywidgets keeps its file input out of the page: it is met when its button opens it.
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.(".pinlib-panel .widget-upload")) return;
    const open = HTMLInputElement.prototype.click;
    HTMLInputElement.prototype.click = function () {
      HTMLInputElement.prototype.click = open;
      if (this.pinlibGuarded !== true) this.addEventListener("change", cutOff, { capture: true });
      this.pinlibGuarded = true;
      open.call(this);
    };
    setTimeout(() => { HTMLInputElement.prototype.click = open; });
  }, true);
  const cutOff = ({ target }) => {
    const [file] = target.files;
    if (!file || file.size <= UPLOAD_LIMIT) return;
    const kept = new DataTransfer();
    const { type, lastModified } = file;
    kept.items.add(new File([file.slice(0, UPLOAD_LIMIT + 1)], file.name, { type, lastModified }));
    target.files = kept.files;
  };

  // A string that replaces another is announced only where the element around it lasts.
  const attend = () => {
    for (const lasting of document.querySelectorAll(".pinlib-view:not([aria-live])")) {
      lasting.setAttribute("aria-live", "polite");
      lasting.setAttribute("aria-atomic", "false");
    }
    for (const words of document.querySelectorAll('.pinlib-view[data-in-words="open"] .pl-words:not([open])')) {
      words.open = true;
    }
  };
  // Bytes that are set off are seen without scrolling to them.
  const reveal = () => {
    for (const hex of document.querySelectorAll(".pl-hex:not([data-revealed])")) {
      hex.dataset.revealed = "true";
      const first = hex.querySelector("b, .pl-lit");
      if (!first) continue;
      const row = parseFloat(getComputedStyle(hex).lineHeight);
      const above = first.getBoundingClientRect().top - hex.getBoundingClientRect().top;
      hex.scrollTop = row * Math.max(0, Math.floor(above / row) - 1);
      const field = hex.parentElement.querySelector(".pl-fields > :has(.pl-lit), .pl-fields > .pl-lit");
      if (field) within(field.parentElement, field.querySelector(".pl-lit > summary") ?? field.firstElementChild);
    }
  };
  const handles = () => {
    for (const one of document.querySelectorAll(".pinlib-panel .noUi-handle")) name(one);
    // ipywidgets draws these two with an icon, and no name.
    for (const one of document.querySelectorAll(".pinlib-steps .widget-play button")) {
      one.title = one.querySelector(".fa-stop") ? "Stop" : "Play, or pause";
      one.setAttribute("aria-label", one.title);
    }
  };
  attend();
  new MutationObserver((changes) => {
    attend();
    reveal();
    steppable();
    keepFocus();
    handles();
    kernelGone();
    if (clicked) for (const { target } of changes) inView(target);
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-status"] });
})();
