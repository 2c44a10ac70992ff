// Where a sign-in leads, and what may go wrong on the way. Tells the account page of an address that the service does
// not lead to. Detects a redirect loop: the login page sends the browser to a site, and the site, which does not get
// the session, sends it back. Remembers where this tab was sent last and when, and tells the administrator which
// setting to change.

import { fill, leaveFor, withFragment } from "./page.js";

const KEY = "departure";
const REFUSED = "refused address";
const SOON = 10_000;
const CLOCK_STEP = 1000; // the service's times are in whole seconds
const MOST_OVERTAKEN = 3;
const SPARED = "spared"; // is the mark of no renewal

// Leaves this page for where the service leads, after a sign-in of a visitor who wanted to go `to`.
export function depart(to, outcome, renewal) {
  rememberDeparture(to, outcome, renewal);
  if (outcome.body.redirect !== to) store(to, REFUSED);
  return leaveFor(withFragment(outcome.body.redirect));
}

// The host of the address that the service did not lead to a moment ago, "" if it has none, null if there was no such
// address. Tells it once.
export function takeRefusedHost() {
  const to = stored(REFUSED);
  store(null, REFUSED);
  if (typeof to !== "string") return null;
  try {
    return new URL(to, location.href).host;
  } catch {
    return "";
  }
}

// The life of the access token is the difference of two times of the service, so a wrong clock in the browser does no
// harm.
export function rememberDeparture(to, { now, body }, renewal) {
  const life = Date.parse(body.session.access_expires_at) - now;
  const own = body.renewed === false ? { renewal: SPARED, times: 0 } : { renewal, times: 1 };
  if (isBackSoon(to)) own.times += stored().times;
  store({ to, at: Date.now(), until: Date.now() + life - CLOCK_STEP, ...own });
}

export function forgetDeparture() {
  store(null);
}

// True if this tab was sent to the same address a moment ago, and the access token that it had then has not expired
// since.
export function isBackSoon(to) {
  const last = stored();
  const now = Date.now();
  return last?.to === to && last.at <= now && now < Math.min(last.at + SOON, last.until);
}

// True if this tab left with an access token that was not made for it: another tab has renewed the session since, or
// had done so before. That explains the way back without a loop, but only the first few times.
export function wasOvertaken(renewal) {
  const last = stored();
  return last.renewal !== renewal && last.times < MOST_OVERTAKEN;
}

// A browser that refuses cookies refuses storage as well: every access throws.
function store(value, key = KEY) {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Without storage there is no diagnosis.
  }
}

function stored(key = KEY) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

// --- The diagnosis ---------------------------------------------------------------------------------------------------

// Shows in `part` why the site at `address`, which the service has confirmed as safe, sends the browser back.
export function describeLoop(part, address) {
  const there = new URL(address, location.href);
  const { cause, cure } = DIAGNOSES.find(({ applies }) => applies(there));
  fill(part, { here: location.host, there: there.host, cause: cause(there), cure: cure(there) });
  part.querySelector("a[data-again]").href = withFragment(address);
}

// Of two access tokens under one name the guard accepts neither.
const NAMESAKE = "another application there has set a cookie of the same name, access_token.";
const PREFIX = "set a COOKIE_PREFIX of your own, such as sso_, in the service and its nginx.";

const DIAGNOSES = [
  {
    applies: (there) => there.protocol === "http:" && location.protocol === "https:",
    cause: (there) => `The cookies of the session are sent over https only, but ${there.host} was opened over plain http.`,
    cure: (there) => `Serve ${there.host} over https. If that is impossible, as in a lab, set COOKIE_SECURE=off.`,
  },
  {
    applies: (there) => there.hostname !== location.hostname && sharedDomain(there),
    cause: (there) => `The cookies of the session are not valid for ${there.hostname}, or ${NAMESAKE}`,
    cure: (there) => `Set COOKIE_DOMAIN=${sharedDomain(there)} and restart the service. If it is set, ${PREFIX}`,
  },
  {
    applies: (there) => there.hostname !== location.hostname,
    cause: (there) => `${location.hostname} and ${there.hostname} share no domain, so no cookie can reach both.`,
    cure: () => "Serve both under one domain, set COOKIE_DOMAIN to it, and set PUBLIC_URL to the new address of this page.",
  },
  {
    applies: () => true,
    cause: () => `It is on the same host as this page, so it receives the cookies, but its guard does not accept them. Often ${NAMESAKE}`,
    cure: () => `For such a cookie ${PREFIX} Else check that both use the same COOKIE_PREFIX and the same service, and that no
      proxy drops the Cookie header.`,
  },
];

// The domain that both hosts share, or "". It has two labels or more, because browsers accept no cookie for a single
// one.
function sharedDomain(there) {
  if (/^[\d.]+$|:/.test(there.hostname)) return "";
  const [mine, theirs] = [location.hostname, there.hostname].map((name) => name.split(".").reverse());
  const differs = mine.findIndex((label, index) => label !== theirs[index]);
  const shared = differs < 0 ? mine : mine.slice(0, differs);
  return shared.length >= 2 ? shared.reverse().join(".") : "";
}
