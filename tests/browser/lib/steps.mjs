// What the scenarios have in common: accounts, forms as people see them, waiting for a condition, and time that passes
// by moving a session's end in the database.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { BASE, PATIENCE } from "./scenario.mjs";

export const PASSWORD = "seven purple kites";
export const OTHER_PASSWORD = "eight velvet kangaroos";

export function newName() {
  return `user-${randomUUID().slice(0, 13)}`;
}

// An account whose session the visitor has.
export async function register(visitor, { name = "Ada Lovelace", username = newName() } = {}) {
  const data = { name, username, password: PASSWORD };
  const answer = await visitor.context.request.post("/register", { data });
  assert.equal(answer.status(), 201);
  return { username, password: PASSWORD };
}

// A session of the visitor for an account that is there.
export async function logIn(visitor, { username, password }) {
  const answer = await visitor.context.request.post("/login", { data: { username, password } });
  assert.equal(answer.status(), 200);
}

export async function statusOf(visitor, path) {
  const answer = await visitor.context.request.get(path);
  return answer.status();
}

// --- Pages -----------------------------------------------------------------------------------------------------------

export const field = (part, label) => part.getByLabel(label, { exact: true });
export const button = (part, name) => part.getByRole("button", { name, exact: true });
export const alertOf = (part) => part.getByRole("alert").filter({ hasText: /./ });

export async function fillForm(part, values) {
  for (const [label, text] of Object.entries(values)) await field(part, label).fill(text);
}

// Does not wait for the page that follows, which a scenario may hold back.
export async function submitLogin(page, { username, password }) {
  await fillForm(page, { Username: username, Password: password });
  await button(page, "Sign in").click({ noWaitAfter: true });
}

export async function openAccount(visitor) {
  await visitor.page.goto("/account");
  await button(visitor.page, "Change password").waitFor();
}

export function sessionRows(page) {
  return page.getByRole("region", { name: "Sessions" }).getByRole("listitem");
}

export async function expectUrl(page, address) {
  await page.waitForURL(new URL(address, BASE).href);
}

export async function expectFocus(locator) {
  await until("the focus", () => locator.evaluate((element) => element === document.activeElement));
}

// The error is seen, belongs to the field, and is read out by what announces changes.
export async function expectFieldError(input, text) {
  await until(`the error '${text}'`, async () => text.test(await descriptionOf(input)));
  assert.equal(await input.getAttribute("aria-invalid"), "true");
  await expectFocus(input);
}

function descriptionOf(input) {
  return input.evaluate((element) => {
    const ids = element.getAttribute("aria-describedby").split(" ");
    const visible = ids.map((id) => document.getElementById(id)).filter((described) => described.checkVisibility());
    return visible.map((described) => described.textContent).join(" ");
  });
}

// By a link of another site, as browsers see it: the same nginx under another name.
export async function comeFromElsewhere(page, address) {
  await page.goto(`${BASE.replace("localhost", "127.0.0.1")}/register`);
  await page.evaluate((url) => {
    location.href = url;
  }, new URL(address, BASE).href);
  await page.waitForURL((url) => url.origin === BASE);
}

// --- Conditions ------------------------------------------------------------------------------------------------------

export async function until(what, probe) {
  const end = Date.now() + PATIENCE;
  while (!(await probe())) {
    if (Date.now() > end) assert.fail(`gave up waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// The requests that a visitor's pages send from now on, as "POST /login".
export function countRequests(visitor, wanted) {
  const seen = [];
  visitor.context.on("request", (request) => {
    if (`${request.method()} ${new URL(request.url()).pathname}` === wanted) seen.push(request);
  });
  return seen;
}

// Holds the first request back: `arrived` when it is there, `release()` lets it go on.
export async function hold(visitor, pattern, method = "POST") {
  const gate = {};
  gate.arrived = new Promise((resolve) => (gate.arrive = resolve));
  const open = new Promise((resolve) => (gate.release = resolve));
  await visitor.context.route(pattern, async (route) => {
    if (route.request().method() !== method) return route.continue();
    gate.arrive();
    await open;
    await route.continue();
  });
  return gate;
}

export async function answerWith(visitor, pattern, status, problem, headers = {}) {
  await visitor.context.route(pattern, (route) => {
    if (route.request().resourceType() !== "fetch") return route.continue();
    return route.fulfill({
      status,
      headers,
      contentType: "application/problem+json",
      body: JSON.stringify({ type: "about:blank", status, ...problem }),
    });
  });
}

// --- Time ------------------------------------------------------------------------------------------------------------

// As a browser does with a cookie whose time is over.
export async function forgetAccessCookie({ context }) {
  await context.clearCookies({ name: "access_token" });
}

// The access token of every session of the account is over, although browsers still have it.
export function expireAccess({ username }) {
  sql(`update sessions set access_expires_at = now() - interval '1 second'
       where user_id = (select user_id from users where username = '${username}')`);
}

// Others have guessed for so long that who is not in a known browser waits for minutes.
export function lockAccount({ username }) {
  sql(`insert into attempts (attempt_key, failures, last_at) values (sha256('account:${username}'), 50, now())
       on conflict (attempt_key) do update set failures = 50, last_at = now()`);
}

// A ticket of the operator, as an invitation or for the account of `owner`. Returns its token.
export function insertTicket({ purpose, owner = "", username = "", groups = "" }) {
  const token = randomBytes(32);
  const digest = createHash("sha256").update(token).digest("hex");
  sql(`insert into tickets (ticket_hash, purpose, user_id, username, groups, expires_at)
    values (decode('${digest}', 'hex'), '${purpose}', (select user_id from users where username = '${owner}'),
      nullif('${username}', ''), string_to_array('${groups}', ','), now() + interval '1 hour')`);
  return token.toString("base64url");
}

function sql(query) {
  execFileSync("scripts/psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", query], { cwd: process.env.ROOT });
}
