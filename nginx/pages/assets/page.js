// What all pages share apart from forms: where the visitor wants to go (?rd=), links that keep it, and small helpers.

export const HOME = "/account";

// The address that the visitor wants to go to, unchecked: only the service decides whether it is safe.
export function destination() {
  return new URLSearchParams(location.search).get("rd") ?? "";
}

// `address`, which the service has returned, with the fragment of this page's address if it is where the visitor wants to go:
// browsers keep the fragment of a guarded page through the redirect to this one (RFC 9110, section 10.2.2), and no server
// sees it. It changes neither host nor path. In place of an address that the service refused, nothing gets it.
export function withFragment(address) {
  return address === destination() && !address.includes("#") ? address + location.hash : address;
}

// Replaces this page in the browser's history, so that Back leads to the page before it. The promise never settles, so that
// whatever awaits it, such as a busy button, stays as it is until the next page is there.
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
    link.href = withDestination(link.pathname) + location.hash;
  }
  // A page that the browser restores from its back/forward cache may be out of date.
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}

// Shows one part of <main> and hides the others; the focus goes to the part's heading if that can take it.
export function showPart(id) {
  const main = document.querySelector("main");
  for (const part of main.children) part.hidden = part.id !== id;
  main.className = "";
  document.querySelector(`#${id} h1[tabindex]`)?.focus();
}

// fill(element, { name: text }) puts the text into every [data-name] inside the element.
export function fill(element, texts) {
  for (const [name, text] of Object.entries(texts)) {
    for (const place of element.querySelectorAll(`[data-${name}]`)) place.textContent = text;
  }
}
