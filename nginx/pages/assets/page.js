// What every page shares beside its forms: where the visitor wants to go (?rd=), links that remember it, small helpers.

export const HOME = "/account";

// The address that sent the visitor here, as it came: only the service decides whether it is safe to go there.
export function destination() {
  return new URLSearchParams(location.search).get("rd") ?? "";
}

// Nobody comes back to a page that was left by this: Back leads to the one before it. What waits for it, such as a busy
// button, waits until the next page is there.
export function leaveFor(address) {
  location.replace(address);
  return new Promise(() => {});
}

export function withDestination(path, rd = destination()) {
  return rd ? `${path}?rd=${encodeURIComponent(rd)}` : path;
}

export function dressPage() {
  document.querySelector("main.waiting")?.classList.replace("waiting", "checking");
  document.querySelector("[data-host]").textContent = location.host;
  for (const link of document.querySelectorAll("a[data-keeps-destination]")) {
    link.href = withDestination(link.pathname);
  }
  // A page that the browser kept may show what is no longer true.
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}

// Exactly one of the parts of <main> is visible; a heading that may have the focus takes it.
export function showPart(id) {
  const main = document.querySelector("main");
  for (const part of main.children) part.hidden = part.id !== id;
  main.className = "";
  document.querySelector(`#${id} h1[tabindex]`)?.focus();
}

// fill(element, { name: text }): the text goes to every [data-name] within.
export function fill(element, texts) {
  for (const [name, text] of Object.entries(texts)) {
    for (const place of element.querySelectorAll(`[data-${name}]`)) place.textContent = text;
  }
}
