// Letters are commands only where nobody writes. Streamlit listens for them on the document and looks at nothing but the
// field that has the focus: with a dialog open beside the focus, a reason typed there pressed the buttons behind it.
(() => {
  if (window.sigmaKeyboard) return;
  window.sigmaKeyboard = true;

  const BURST_MS = 1000;
  const FIELDS = "textarea, [contenteditable=true], input:not([type]), input[type=text], input[type=search]";
  const isText = (node) => node.matches?.(FIELDS) && !node.readOnly && node.getAttribute("role") !== "combobox";
  const dialog = () => [...document.querySelectorAll("[role=dialog]")].at(-1) ?? null;
  const holdsText = () => [...document.querySelectorAll("[data-testid=stMain] :is(textarea, input)")]
    .some((field) => isText(field) && field.value !== "");

  let last = { key: "", at: -Infinity };
  // Who types a word types no commands, although the dialog that its first letter asked for is not there yet
  const inBurst = (event) => {
    const burst = event.key !== last.key && event.timeStamp - last.at < BURST_MS;
    last = { key: event.key, at: event.timeStamp };
    return burst;
  };

  // One step before the document, after all that the page itself does with a key
  document.documentElement.addEventListener("keydown", (event) => {
    if (event.key.length !== 1 || event.ctrlKey || event.metaKey) return;
    const burst = inBurst(event);
    if (burst || dialog() || event.target.matches?.("input, textarea, select, [role=listbox] *") || holdsText()) {
      event.stopPropagation();
    }
  });

  let attended = null;
  const attend = () => {
    const open = dialog();
    if (open === null) attended = null;
    const field = open && open !== attended && [...open.querySelectorAll("textarea, input")].find(isText);
    if (field) {
      attended = open;
      // The dialog takes the focus for itself when it has opened
      requestAnimationFrame(() => requestAnimationFrame(() => field.focus()));
    }
  };
  new MutationObserver(attend).observe(document.body, { childList: true, subtree: true });
  attend();
})();
