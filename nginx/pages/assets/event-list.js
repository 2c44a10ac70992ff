// The list of what happened to the account, in words for people.

import { describeAgent, moment } from "./session-list.js";

const WORDS = {
  user_created: () => "Account created",
  authn_login_success: ({ new_device }) => (new_device ? "Signed in from a new browser" : "Signed in"),
  authn_login_fail: () => "Failed sign-in",
  authn_password_change: () => "Password changed",
  reset_link_used: () => "Password set by a link",
  authn_token_revoked: ({ session_id }) => (session_id ? "A session signed out" : "Other sessions signed out"),
  authn_token_reuse: () => "A session ended, because an old token of it was used again",
};

// Empty where no history is kept.
export function listEvents(part, events) {
  part.querySelector("ul").replaceChildren(...events.map(makeRow));
  part.hidden = events.length === 0;
}

function makeRow(event) {
  const row = document.createElement("li");
  const where = event.by_operator ? "by the administrator"
    : `${describeAgent(event.user_agent)}, ${event.ip ?? "unknown address"}`;
  const what = WORDS[event.event]?.(event) ?? "Account changed";
  row.textContent = `${what}, ${moment(Date.parse(event.time))}, ${where}`;
  return row;
}
