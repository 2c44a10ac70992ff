// A secret that a page gets in the fragment of its address, which no server and no log sees: an invitation, a link to set a
// new password. It is taken out of the address at once, so that neither the history nor a bookmark keeps it, and a reload
// finds it in the storage of the tab.

// The parameters of the fragment if it has `name`, else those that this tab has had before; empty when there are none.
export function takeParameters(name) {
  const given = new URLSearchParams(location.hash.slice(1));
  // A link that is opened where the page is open already changes nothing but the fragment.
  addEventListener("hashchange", () => new URLSearchParams(location.hash.slice(1)).has(name) && location.reload());
  if (!given.has(name)) return new URLSearchParams(stored(name));
  history.replaceState(null, "", location.pathname + location.search);
  store(name, given);
  return given;
}

export function forgetParameters(name) {
  store(name, "");
}

// A browser that refuses cookies refuses storage as well: then a reload needs the link once more.
function store(name, parameters) {
  try {
    sessionStorage.setItem(name, parameters.toString());
  } catch {
    // The page has the parameters all the same.
  }
}

function stored(name) {
  try {
    return sessionStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}
