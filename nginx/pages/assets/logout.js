// The page that the "sign out" of a guarded application leads to: ends the session, and leads to where the service says.
// Whom another site has sent here is asked first, because no stranger may sign people out (docs/security.md, T12).

import { callPlainly } from "./api.js";
import { forgetDeparture } from "./departure.js";
import { handleForm } from "./form.js";
import { destination, dressPage, leaveFor } from "./page.js";

const form = document.querySelector("form");
const target = destination() || "/login";

// A 401 says that nobody is signed in, which is what is wanted.
async function signOut() {
  const outcome = await callPlainly("POST", "/logout", { redirect: target });
  return { ...outcome, ok: outcome.ok || outcome.status === 401 };
}

function leave({ body }) {
  forgetDeparture();
  return leaveFor(body.redirect);
}

// Nobody sees a page yet that the browser renders in advance, and nobody may ever.
async function shown() {
  if (!document.prerendering) return;
  await new Promise((resolve) => document.addEventListener("prerenderingchange", resolve, { once: true }));
}

async function start() {
  dressPage();
  handleForm(form, signOut, leave);
  await shown();
  if (document.querySelector("meta[name=sent-by]").content === "site") form.requestSubmit();
}

start();
