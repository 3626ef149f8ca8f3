// Walks all text, composites colours and opacity down to the page, and lists what is below 4.5 : 1; and every control that
// has no name for who cannot see it, or takes the focus before its turn.
() => {
  const parse = (text) => {
    const found = text.match(/[\d.]+/g);
    return found ? [+found[0], +found[1], +found[2], found.length > 3 ? +found[3] : 1] : [0, 0, 0, 0];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat([1]);
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const chain = (element) => {
    const elements = [];
    for (let at = element; at; at = at.parentElement) elements.unshift(at);
    return elements;
  };
  const ground = (element) =>
    chain(element).reduce((below, at) => over(parse(getComputedStyle(at).backgroundColor), below), [255, 255, 255, 1]);
  const opacity = (element) => chain(element).reduce((all, at) => all * +getComputedStyle(at).opacity, 1);
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!words || !element || ["STYLE", "SCRIPT", "NOSCRIPT", "TITLE"].includes(element.tagName)) continue;
    if (element.closest("[data-testid=stStatusWidget]")) continue; // Streamlit's own, while a page is being drawn
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (!box.width || !box.height || style.visibility === "hidden" || !opacity(element)) continue;
    // Disabled controls are exempt; the letter of a shortcut inside a button is a native hint beside a full label
    if (element.closest("button:disabled, [aria-disabled=true], [inert]")) continue;
    if (words.length === 1 && element.closest("button")) continue;
    if (getComputedStyle(element).fontFamily.includes("Material Symbols")) continue;
    // A slider's value stands above its thumb, not on it
    const below = ground(element.closest(".st-key-sg-slider") || element);
    const colour = parse(style.color);
    colour[3] *= opacity(element);
    const [a, b] = [luminance(over(colour, below)), luminance(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${style.color} "${words.slice(0, 40)}" ${element.className}`);
  }
  const named = (element) =>
    element.getAttribute("aria-label") ||
    (element.getAttribute("aria-labelledby") || "").split(" ").some((id) => document.getElementById(id)?.textContent) ||
    [...(element.labels || [])].some((label) => label.textContent.trim()) ||
    element.textContent.trim() || element.title || element.placeholder;
  const controls = "button, a[href], input, select, textarea, [role=button], [role=tab], [role=radio], [role=combobox]";
  const shown = [...document.querySelectorAll(controls)].filter((each) => each.checkVisibility() && !each.closest("[aria-hidden=true]"));
  const nameless = shown.filter((each) => !named(each)).map((each) => `no name: ${each.outerHTML.slice(0, 120)}`);
  const hasty = shown.filter((each) => each.tabIndex > 0).map((each) => `focus out of turn: ${each.outerHTML.slice(0, 120)}`);
  return [...faint, ...nameless, ...hasty];
}
