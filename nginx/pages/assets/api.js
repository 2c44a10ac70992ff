// Sends the requests of the pages to the service and gives its answers as plain values. It knows the JSON of the service
// and the texts for people; it touches no page. Its promises do not reject: a network failure is an outcome as well.
//
// An outcome is { ok, status, body, code, detail, errors, wait, now }. `code` and `errors` are those of the problem
// (RFC 9457), `detail` is the text for people, `wait` the seconds of Retry-After, `now` the service's clock in milliseconds.

import { createSession, fetchPastStrays } from "./session.js";

export const session = createSession();

// Sends a request with the session, which is renewed if its access token has expired.
export function call(method, path, body) {
  return outcomeOf(session.fetch(path, requestOf(method, body)));
}

// For requests whose 401 is about the password and not about the session: sends them without any renewal.
export function callPlainly(method, path, body) {
  return outcomeOf(fetchPastStrays(path, requestOf(method, body)));
}

// Renews the session, with `ifExpired` only if no other tab has done so; the answer says where to go next: to `redirect` if
// that is safe, else to "/".
export function renew(redirect, options) {
  return outcomeOf(session.refresh({ redirect }, options));
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

// Texts for people in place of the service's `detail`, which is for programmers. The `detail` of a code that is not listed
// is shown as it is.
const TEXTS = {
  no_answer: "The service cannot be reached. Check your connection and try again.",
  service_unavailable: "The service is not available right now. Your account is not affected; please try again in a moment.",
  internal_error: "Something went wrong on our side. Please try again in a moment.",
  headers_too_large: "Your browser keeps more cookies for this site than it can be sent. Delete them and try again.",
  too_many_attempts: "Too many attempts.",
  invalid_credentials: "The username or password is wrong.",
  username_taken: "This username is taken. Choose another one.",
  wrong_current_password: "This is not your current password.",
  current_password_required: "Enter your current password.",
  registration_closed: "You cannot create an account with this invitation: it was used, or is too old. Ask for a new one.",
  cross_site_request: "The request was refused, because your browser reported that it comes from another site.",
};
