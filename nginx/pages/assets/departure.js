// Notices that a browser goes round in circles: the login page sends it to a site, and the site, which does not see the
// session, sends it back. Remembers the last departure for this tab, and knows what an administrator has to set.

import { fill } from "./page.js";

const KEY = "departure";
const SOON = 10_000;
const CLOCK_STEP = 1000; // the service's times are in whole seconds
const MOST_OVERTAKEN = 3;

// How long the access token lives is the difference of two times of the service, so that a wrong clock here is no matter.
export function rememberDeparture(to, { now, body }, renewal) {
  const life = Date.parse(body.session.access_expires_at) - now;
  const times = isBackSoon(to) ? stored().times + 1 : 1;
  store({ to, at: Date.now(), until: Date.now() + life - CLOCK_STEP, renewal, times });
}

export function forgetDeparture() {
  store(null);
}

// Sent to the same place a moment ago, with an access token that still lives.
export function isBackSoon(to) {
  const last = stored();
  const now = Date.now();
  return last?.to === to && last.at <= now && now < Math.min(last.at + SOON, last.until);
}

// Another tab has renewed since the departure, and so ended the token that this one took along: no loop, the first times.
export function wasOvertaken(renewal) {
  const last = stored();
  return last.renewal !== renewal && last.times < MOST_OVERTAKEN;
}

// A browser that refuses cookies refuses storage as well, by an exception.
function store(departure) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(departure));
  } catch {
    // Without a memory there is no diagnosis.
  }
}

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

// --- The diagnosis ---------------------------------------------------------------------------------------------------

// describeLoop(part, address): the address is the one that the service calls safe.
export function describeLoop(part, address) {
  const there = new URL(address, location.href);
  const { cause, cure } = DIAGNOSES.find(({ applies }) => applies(there));
  fill(part, { here: location.host, there: there.host, cause: cause(there), cure: cure(there) });
  part.querySelector("a[data-again]").href = there.href;
}

const DIAGNOSES = [
  {
    applies: (there) => there.protocol === "http:" && location.protocol === "https:",
    cause: (there) => `The cookies of the session are sent over https only, but ${there.host} was opened over plain http.`,
    cure: (there) => `Serve ${there.host} over https. If that is impossible, as in a lab, set COOKIE_SECURE=off.`,
  },
  {
    applies: (there) => there.hostname !== location.hostname && sharedDomain(there),
    cause: (there) => `The cookies of the session are not valid for ${there.hostname}.`,
    cure: (there) => `Set COOKIE_DOMAIN=${sharedDomain(there)} and restart the service.`,
  },
  {
    applies: (there) => there.hostname !== location.hostname,
    cause: (there) => `${location.hostname} and ${there.hostname} share no domain, so no cookie can reach both.`,
    cure: () => "Serve both under one domain, set COOKIE_DOMAIN to it, and set PUBLIC_URL to the new address of this page.",
  },
  {
    applies: () => true,
    cause: () => "It is on the same host as this page, so it receives the cookies, but its guard does not accept them.",
    cure: () => "Check that both use the same COOKIE_PREFIX and the same service, and that no proxy drops the Cookie header.",
  },
];

// The labels that both host names end in: a domain of two or more, as browsers accept no cookie for less.
function sharedDomain(there) {
  if (/^[\d.]+$|:/.test(there.hostname)) return "";
  const [mine, theirs] = [location.hostname, there.hostname].map((name) => name.split(".").reverse());
  const differs = mine.findIndex((label, index) => label !== theirs[index]);
  const shared = differs < 0 ? mine : mine.slice(0, differs);
  return shared.length >= 2 ? shared.reverse().join(".") : "";
}
