// `fetch` for any front end of the service: it sends the session's cookies, and when the access token has expired it
// renews the session silently and sends the request again. It owns the renewal; it knows nothing of pages or forms.
//
//   import { createSession } from "/assets/session.js";
//   const session = createSession();
//   const answer = await session.fetch("/me");
//
// From another origin, which CORS_ORIGINS of the service has to list, for the service or for a site behind its guard:
//
//   import { createSession } from "https://auth.example.org/assets/session.js";
//   const session = createSession();
//   const me = await session.fetch("https://auth.example.org/me");
//   const orders = await session.fetch("/api/orders", { method: "POST", body: JSON.stringify(order) });
//
// A copy of this file, or a bundle, names the service: createSession("https://auth.example.org").
//
// An answer of 401 means: nobody is signed in, show the login. When the renewal itself could not be answered, the
// caller gets that answer (429, 503) or the network's error instead, for then nobody knows whether the session lives.
// Do not send /login through it: there a 401 speaks of the password.

const RENEWAL_SECONDS = 20;
const MOST_SENDS = 3;

export function createSession(service = import.meta.url) {
  const endpoint = new URL("/refresh", service);
  const name = `session of ${endpoint.origin}`;
  const renewals = createMarker(name);
  const oneAtATime = createLock(name);
  let renewal = null;

  // POST /refresh, whatever other tabs have done.
  function refresh(body) {
    return oneAtATime(() => renew(body));
  }

  async function renew(body) {
    const answer = await fetch(endpoint, {
      method: "POST",
      credentials: "include",
      ...(body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(RENEWAL_SECONDS * 1000),
    });
    if (answer.ok) renewals.add();
    return answer;
  }

  // One renewal for all requests of this tab that are refused meanwhile. Null: another tab has renewed since `seen`, or
  // it held the lock for that at the first try; the mark that it leaves may come later than the lock.
  function renewOnce(seen, isFirst) {
    const task = (waited) => ((waited && isFirst) || renewals.last() !== seen ? null : renew());
    renewal ??= oneAtATime(task).finally(() => {
      renewal = null;
    });
    return renewal;
  }

  async function fetchWithSession(input, init) {
    const request = new Request(input, { credentials: "include", ...init });
    for (let sends = 1; ; sends++) {
      const seen = renewals.last();
      const answer = await fetch(request.clone()); // a body can be sent only once
      if (answer.status !== 401 || sends === MOST_SENDS) return answer;

      const renewed = await renewOnce(seen, sends === 1);
      if (renewed?.status === 401) return answer;
      if (renewed && !renewed.ok) return renewed.clone(); // others may read theirs
    }
  }

  return { fetch: fetchWithSession, refresh, lastRenewal: renewals.last };
}

// The last renewal of any tab of this origin: a value that differs after each. Another tab's arrives a little later;
// where storage is refused, never.
function createMarker(key) {
  let own = null;
  return {
    last() {
      try {
        return localStorage.getItem(key);
      } catch {
        return own;
      }
    },
    add() {
      own = `${Date.now()} ${Math.random()}`;
      try {
        localStorage.setItem(key, own);
      } catch {
        // Storage is refused or full: `own` has to do.
      }
    },
  };
}

// Runs one task at a time across tabs, and tells it whether it had to wait for another one; in this tab alone where the
// browser has no locks, as on plain http.
function createLock(name) {
  const BUSY = Symbol("busy");
  const { locks } = navigator;
  if (locks) {
    return async (task) => {
      const result = await locks.request(name, { ifAvailable: true }, (lock) => (lock ? task(false) : BUSY));
      return result === BUSY ? locks.request(name, () => task(true)) : result;
    };
  }
  let last = Promise.resolve();
  return (task) => (last = last.then(() => task(false), () => task(false)));
}
