// The login page: a visitor with a live session is sent on without seeing a form; others sign in. The page follows no
// address but the one in the service's answer, which the service has checked.

import { call, callPlainly, renew, session } from "./api.js";
import { depart, describeLoop, forgetDeparture, isBackSoon, rememberDeparture, wasOvertaken } from "./departure.js";
import { handleForm, showAlert } from "./form.js";
import { destination, dressPage, HOME, showPart } from "./page.js";

const form = document.querySelector("#sign-in form");
const target = destination() || HOME;

function signIn(credentials) {
  return callPlainly("POST", "/login", { ...credentials, redirect: target });
}

function leave(outcome) {
  return depart(target, outcome, session.lastRenewal());
}

// Remembers the departure here as well, because the link "Try again" leads to the site once more.
function showLoop(outcome) {
  rememberDeparture(target, outcome, session.lastRenewal());
  const part = document.querySelector("#loop");
  describeLoop(part, outcome.body.redirect);
  handleForm(part.querySelector("form"), () => call("POST", "/logout"), showForm);
  showPart("loop");
}

function showForm() {
  forgetDeparture();
  showPart("sign-in");
  form.elements.username.focus();
}

// For a visitor who signed in a moment ago and has no session now: the browser has not kept the cookies.
const LOST = `Your browser has not kept you signed in. Allow cookies for ${location.host}.` +
  (location.protocol === "http:" ? " For the administrator: over plain http, COOKIE_SECURE must not be on." : "");

async function start() {
  dressPage();
  handleForm(form, signIn, leave);
  const again = isBackSoon(target);
  const loops = again && !wasOvertaken(session.lastRenewal());
  // Whoever is back soon gets new cookies, as the site may not accept those of before.
  const outcome = await renew(target, { ifExpired: !again });
  if (outcome.ok) return loops ? showLoop(outcome) : leave(outcome);
  showForm();
  if (outcome.status !== 401) showAlert(form, outcome.detail);
  else if (loops) showAlert(form, LOST);
}

start();
