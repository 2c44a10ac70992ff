// Another host of the domain has set cookies of the service's names: nobody sees the login who is signed in, nobody stays
// signed in who signs out, and nobody waits in a known browser for what others have guessed.

import assert from "node:assert/strict";
import { BASE, scenario } from "../lib/scenario.mjs";
import { button, countRequests, expectUrl, field, forgetAccessCookie, lockAccount, register, submitLogin } from "../lib/steps.mjs";

// Two hosts of one domain, which Chromium finds on this machine.
const HOST = "auth.guard.localhost";
const LOGIN = BASE.replace("localhost", HOST);
const DOMAIN = ".guard.localhost";

// Registered at LOGIN, as far as the browser knows.
async function newUser(stage) {
  const visitor = await stage.visitor();
  const { context } = visitor;
  const account = await register(visitor);
  const cookies = await context.cookies(BASE);
  await context.clearCookies();
  await context.addCookies(cookies.map((cookie) => ({ ...cookie, domain: HOST })));
  return { ...visitor, account };
}

function plant({ context }, name, ...paths) {
  return context.addCookies(paths.map((path) => ({ name, value: "A".repeat(43), domain: DOMAIN, path })));
}

async function staysSignedIn(visitor) {
  const { page } = visitor;
  visitor.expects("401 /me");
  const renewals = countRequests(visitor, "POST /refresh");
  for (const [from, to] of [["/account", "/account"], ["/login", "/account"], ["/login?rd=%2Fregister", "/register"]]) {
    await forgetAccessCookie(visitor);
    await plant(visitor, "refresh_token", "/", "/refresh");
    const before = renewals.length;
    await page.goto(LOGIN + from);
    await expectUrl(page, LOGIN + to);
    if (to === "/account") await button(page, "Change password").waitFor();
    assert.equal(renewals.length, before + 2);
  }
}

async function signsOut(visitor) {
  const { page } = visitor;
  visitor.expects("401 /logout");
  const requests = countRequests(visitor, "POST /logout");
  await plant(visitor, "access_token", "/logout");
  await plant(visitor, "refresh_token", "/logout");
  await page.goto(`${LOGIN}/logout`);
  await field(page, "Username").waitFor();
  assert.equal(requests.length, 2);
  const left = await visitor.context.cookies(LOGIN);
  assert.deepEqual(left.map(({ name, domain }) => `${name} ${domain}`), [`device_token ${HOST}`]);
}

async function getsInAlthoughOthersGuess(visitor) {
  const { account, page } = visitor;
  visitor.expects("429 /login");
  lockAccount(account);
  await plant(visitor, "device_token", "/", "/login");
  const logins = countRequests(visitor, "POST /login");
  await page.goto(`${LOGIN}/login`);
  await submitLogin(page, account);
  await expectUrl(page, `${LOGIN}/account`);
  assert.equal(logins.length, 2);
}

// Without such cookies, no request is sent twice.
async function isSignedOut({ page, ...visitor }) {
  const requests = ["refresh", "logout"].map((name) => countRequests(visitor, `POST /${name}`));
  await page.goto(`${LOGIN}/login`);
  await field(page, "Username").waitFor();
  await page.goto(`${LOGIN}/logout`);
  await expectUrl(page, `${LOGIN}/login`);
  await field(page, "Username").waitFor();
  assert.deepEqual(requests.map((seen) => seen.length), [2, 1]);
}

await scenario(async (stage) => {
  const visitor = await newUser(stage);
  await staysSignedIn(visitor);
  await signsOut(visitor);
  await getsInAlthoughOthersGuess(visitor);
  const stranger = await stage.visitor();
  stranger.expects("401 /logout");
  await isSignedOut(stranger);
});
