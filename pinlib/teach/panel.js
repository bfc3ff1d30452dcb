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

  // Whether "In words" is open belongs to the panel, not to one of its pictures.
  document.addEventListener("toggle", (event) => {
    const lasting = event.target.closest?.(".pinlib-view");
    if (lasting && event.target.matches(".pl-words")) lasting.dataset.inWords = event.target.open ? "open" : "closed";
  }, true);

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
  attend();
  new MutationObserver(attend).observe(document.body, { childList: true, subtree: true });
})();
