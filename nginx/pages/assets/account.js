// The account page: name, password, sessions, deletion. Every request is sent with the session; when the session has
// ended, the page leads to the login page.

import { call } from "./api.js";
import { forgetDeparture, takeRefusedHost } from "./departure.js";
import { listEvents } from "./event-list.js";
import { clearForm, handleForm, say, showAlert, showOutcome } from "./form.js";
import { dressPage, fill, HOME, leaveFor, showPart, withDestination } from "./page.js";
import { listSessions } from "./session-list.js";

const part = (id) => document.querySelector(`#${id}`);
const formOf = (id) => document.querySelector(`#${id} form`);

// After a 401 the promise never settles, because the browser leaves the page.
async function ask(method, path, body) {
  const outcome = await call(method, path, body);
  return outcome.status === 401 ? leaveFor(withDestination("/login", HOME)) : outcome;
}

// For a request whose aim may be reached already: the status `settled`, which says so, counts as success.
async function askOnce(settled, method, path) {
  const outcome = await call(method, path);
  return { ...outcome, ok: outcome.ok || outcome.status === settled };
}

// --- Name and password -----------------------------------------------------------------------------------------------

function showUser({ name, username }) {
  fill(document, { name, username, initial: [...name.trim()][0].toUpperCase() });
  setField(formOf("profile").elements.name, name);
  for (const field of document.querySelectorAll("[autocomplete=username]")) setField(field, username);
}

// Sets the default value as well, so that form.reset() goes back to it.
function setField(field, text) {
  field.defaultValue = text;
  field.value = text;
}

function renamed({ body }) {
  showUser(body.user);
  say(formOf("profile"), "Your name is saved.");
}

function changePassword({ current_password, new_password }) {
  return ask("POST", "/change-password", { current_password, new_password });
}

async function passwordChanged() {
  clearForm(formOf("change"));
  say(formOf("change"), "Your password is changed. You are signed out everywhere else.");
  await showSessions();
}

// --- Sessions --------------------------------------------------------------------------------------------------------

async function showSessions() {
  const outcome = await ask("GET", "/sessions");
  if (!outcome.ok) return showAlert(part("sessions"), outcome.detail);
  listSessions(part("sessions").querySelector("ul"), outcome, endSession, sessionEnded);
  part("others").hidden = outcome.body.sessions.length < 2;
}

// Without it the account is as good to use.
async function showHistory() {
  const outcome = await call("GET", "/events");
  if (outcome.ok) listEvents(part("history"), outcome.body.events);
}

function endSession({ id }) {
  return askOnce(404, "DELETE", `/sessions/${id}`);
}

async function sessionEnded({ current }, title) {
  if (current) return leaveFor("/login");
  await showSessions();
  sayOfSessions(`${title} is signed out.`);
}

async function othersEnded({ body: { revoked } }) {
  await showSessions();
  sayOfSessions(revoked === 1 ? "One other session is signed out." : `${revoked} other sessions are signed out.`);
}

// The button that had the focus is gone with its row, so the heading takes the focus.
function sayOfSessions(text) {
  say(part("sessions"), text);
  part("sessions").querySelector("h2").focus();
}

// --- Signing out and deletion ----------------------------------------------------------------------------------------

function signOut() {
  return askOnce(401, "POST", "/logout");
}

function handleConfirmation() {
  const dialog = part("confirmation");
  part("delete").querySelector("button").addEventListener("click", () => dialog.showModal());
  dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => clearForm(formOf("confirmation")));
}

function deleteAccount({ current_password }) {
  return ask("DELETE", "/delete", { current_password });
}

function accountDeleted() {
  part("confirmation").close();
  showPart("gone");
}

// --- A refused address -------------------------------------------------------------------------------------------------

function tellRefusal() {
  const host = takeRefusedHost();
  if (host === null) return;
  const note = part("refused");
  fill(note, { there: host || "that address", "refused-host": host || "its host" });
  note.hidden = false;
}

// --- The page --------------------------------------------------------------------------------------------------------

async function load() {
  const outcome = await ask("GET", "/me");
  if (!outcome.ok) return outcome;
  forgetDeparture();
  showUser(outcome.body.user);
  tellRefusal();
  await showSessions();
  await showHistory();
  showPart("account");
  return outcome;
}

function handleForms() {
  handleForm(formOf("sign-out"), signOut, () => leaveFor("/login"));
  handleForm(formOf("profile"), ({ name }) => ask("PATCH", "/me", { name }), renamed);
  handleForm(formOf("change"), changePassword, passwordChanged);
  handleForm(formOf("others"), () => ask("DELETE", "/sessions"), othersEnded);
  handleForm(formOf("confirmation"), deleteAccount, accountDeleted);
  handleForm(formOf("away"), load, () => {});
  handleConfirmation();
}

async function start() {
  dressPage();
  handleForms();
  const outcome = await load();
  if (outcome.ok) return;
  showPart("away");
  showOutcome(formOf("away"), outcome);
}

start();
