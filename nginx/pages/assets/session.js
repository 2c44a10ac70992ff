// A `fetch` for any front end of the service: it sends the cookies of the session, and when the access token has expired, it
// renews the session silently and sends the request again. It knows nothing of pages or forms.
//
//   import { createSession } from "/assets/session.js";
//   const session = createSession();
//   const answer = await session.fetch("/me");
//
// From another origin, which the service must list in CORS_ORIGINS, for requests to the service or to a site behind its guard:
//
//   import { createSession } from "https://auth.example.org/assets/session.js";
//   const session = createSession();
//   const me = await session.fetch("https://auth.example.org/me");
//   const orders = await session.fetch("/api/orders", { method: "POST", body: JSON.stringify(order) });
//
// A copy of this file, also in a bundle, must name the service: createSession("https://auth.example.org").
//
// An answer of 401 means that nobody is signed in: show the login. If the renewal itself fails in another way, the caller
// gets the answer to the renewal (such as 429 or 503) or the network error instead, because it is then unknown whether the
// session is still live. Do not send POST /login through this fetch: a 401 to that is about the password.

const RENEWAL_SECONDS = 20;
const MOST_SENDS = 3;

// Cookies that another host of the domain has set can keep those of the service from counting. The refusal deletes them, and
// says by `Retry-After: 0` that the request may be sent again at once: that is done, one time.
export async function fetchPastStrays(...request) {
  const answer = await fetch(...request);
  return answer.headers.get("Retry-After") === "0" ? fetch(...request) : answer;
}

export function createSession(service = import.meta.url) {
  const endpoint = new URL("/refresh", service);
  const sparing = new URL("?if_expired=true", endpoint);
  const name = `session of ${endpoint.origin}`;
  const renewals = createMarker(name);
  const oneAtATime = createLock(name);
  let renewal = null;

  // Sends POST /refresh in any case, even if another tab has just renewed the session. With `ifExpired` the service renews
  // nothing then: the answer is 200 as well, and its body has `renewed: false`.
  function refresh(body, { ifExpired = false } = {}) {
    return oneAtATime(() => renew(body, ifExpired));
  }

  async function renew(body, ifExpired = false) {
    const answer = await fetchPastStrays(ifExpired ? sparing : endpoint, {
      method: "POST",
      credentials: "include",
      ...(body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(RENEWAL_SECONDS * 1000),
    });
    if (answer.ok && !(ifExpired && (await isSpared(answer)))) renewals.add();
    return answer;
  }

  // Starts one renewal for all requests of this tab that are refused until it ends. Resolves to its answer, or to null when
  // there is nothing to do because another tab has renewed the session: either the mark is another one than `seen`, or, on
  // the first try, that tab held the lock (its mark may arrive here only after it has released the lock).
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

async function isSpared(answer) {
  const { renewed } = await answer.clone().json();
  return renewed === false;
}

// A mark of the last renewal by any tab of this origin, which is another value after each renewal. The mark of another tab
// arrives a little later; where the browser refuses storage, it never arrives.
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
        // Storage is refused or full, so other tabs do not learn of this renewal.
      }
    },
  };
}

// Runs one task at a time across all tabs, and tells each task whether it had to wait for another one. Where the browser has
// no locks, as on plain http, it does so only within this tab, and always tells that there was no wait.
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
