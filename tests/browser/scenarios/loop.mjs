// A site whose cookies are not covered sends a signed-in browser back to the login, for ever: the second time the page
// says what is wrong. And when the browser keeps no cookies at all, the form says that.

import assert from "node:assert/strict";
import { BASE, scenario } from "../lib/scenario.mjs";
import { alertOf, button, countRequests, expectUrl, field, hold, register, statusOf, submitLogin } from "../lib/steps.mjs";

// Another host of the same nginx, which REDIRECT_HOSTS allows.
const ELSEWHERE = `${BASE.replace("localhost", "127.0.0.1")}/demo/?a=1`;

await scenario(async (stage) => {
  const visitor = await stage.visitor();
  const { page } = visitor;
  await register(visitor);
  const renewals = countRequests(visitor, "POST /refresh");

  await page.goto(ELSEWHERE);
  await page.getByRole("heading", { name: "You are signed in, but not there" }).waitFor();
  assert.equal(renewals.length, 2);
  const main = page.getByRole("main");
  assert.match(await main.textContent(), /signed in at localhost:\d+/);
  assert.match(await main.textContent(), /The site at 127\.0\.0\.1:\d+ has sent you back/);
  assert.match(await main.textContent(), /COOKIE_DOMAIN/);

  await page.getByRole("link", { name: "Try again" }).click();
  await page.getByRole("heading", { name: "You are signed in, but not there" }).waitFor();
  assert.equal(renewals.length, 3);
  await button(page, "Sign out").click();
  await field(page, "Password").waitFor();
  assert.equal(await statusOf(visitor, "/me"), 401);

  const forgetful = await stage.visitor();
  const account = await register(await stage.visitor());
  await forgetful.page.goto("/demo/?a=1");
  const gate = await hold(forgetful, "**/demo/*", "GET");
  await submitLogin(forgetful.page, account);
  await gate.arrived;
  await forgetful.context.clearCookies();
  gate.release();
  await alertOf(forgetful.page).waitFor();
  assert.match(await alertOf(forgetful.page).textContent(), /has not kept the session. Allow cookies for localhost/);
  await submitLogin(forgetful.page, account);
  await expectUrl(forgetful.page, "/demo/?a=1");
});
