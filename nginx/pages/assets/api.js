// What the pages ask of the service, with its answers as plain values. It knows the shape of the JSON and the texts for
// people; it touches no page. Nothing here throws: a network that fails is an outcome as well.
//
// An outcome: { ok, status, body, code, detail, errors, wait, now }. `code` and `errors` are those of the problem
// (RFC 9457), `wait` the seconds of Retry-After, `now` the service's clock in milliseconds.

import { createSession } from "./session.js";

export const session = createSession();

// With the session, renewed when need be.
export function call(method, path, body) {
  return outcomeOf(session.fetch(path, requestOf(method, body)));
}

// Where a 401 speaks of the password and not of the session.
export function callPlainly(method, path, body) {
  return outcomeOf(fetch(path, requestOf(method, body)));
}

// Renews the session; the answer says where to go.
export function renew(redirect) {
  return outcomeOf(session.refresh({ redirect }));
}

function requestOf(method, body) {
  if (!body) return { method };
  return { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

async function outcomeOf(pending) {
  try {
    const answer = await pending;
    const body = await answer.json().catch(() => ({}));
    const { ok, status } = answer;
    const outcome = { ok, status, body, errors: body.errors ?? [], now: clockOf(answer) };
    return ok ? outcome : { ...outcome, ...problemOf(answer, body) };
  } catch {
    return { ok: false, status: 0, body: {}, errors: [], now: Date.now(), code: "no_answer", detail: TEXTS.no_answer };
  }
}

function problemOf(answer, { code = "", detail = "" }) {
  const wait = Number(answer.headers.get("Retry-After")) || 0;
  return { code, wait, detail: TEXTS[code] ?? (detail || TEXTS.internal_error) };
}

function clockOf(answer) {
  return Date.parse(answer.headers.get("Date")) || Date.now();
}

// Where the service's own words are for programmers. The others are shown as they come.
const TEXTS = {
  no_answer: "The service cannot be reached. Check your connection and try again.",
  service_unavailable: "The service is not available right now. Your account is not affected; please try again in a moment.",
  internal_error: "Something went wrong on our side. Please try again in a moment.",
  too_many_attempts: "Too many attempts.",
  invalid_credentials: "The username or password is wrong.",
  username_taken: "This username is taken. Choose another one.",
  wrong_current_password: "This is not your current password.",
  current_password_required: "Enter your current password.",
  cross_site_request: "The request was refused, because your browser reported that it comes from another site.",
};
