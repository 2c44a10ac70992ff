// A site whose cookies are not covered sends a signed-in browser back to the login, for ever: the second time the page
// says what is wrong, unless another tab's renewal explains it. When the browser keeps no cookies, the form says that.

import assert from "node:assert/strict";
import { BASE, scenario } from "../lib/scenario.mjs";
import { alertOf, button, countRequests, expectUrl, field, hold, register, statusOf, submitLogin, until }
  from "../lib/steps.mjs";

// Another host of the same nginx, which REDIRECT_HOSTS allows.
const ELSEWHERE = `${BASE.replace("localhost", "127.0.0.1")}/demo/?a=1`;

// Two hosts of one domain, which Chromium finds on this machine.
const [LOGIN, NEIGHBOUR] = ["auth", "app"].map((name) => BASE.replace("localhost", `${name}.guard.localhost`));

const diagnosis = (page) => page.getByRole("heading", { name: "The site does not see that you are signed in" });

async function isDiagnosed(visitor) {
  const { page } = visitor;
  await register(visitor);
  const renewals = countRequests(visitor, "POST /refresh");
  await page.goto(ELSEWHERE);
  await diagnosis(page).waitFor();
  // The first is spared. The second makes new cookies, in case the site only lacks those, and the third makes sure.
  assert.equal(renewals.length, 3);
  const text = await page.getByRole("main").textContent();
  assert.match(text, /signed in at localhost:\d+/);
  assert.match(text, /The site at 127\.0\.0\.1:\d+ has sent you back/);
  assert.match(text, /COOKIE_DOMAIN/);

  const visits = countRequests(visitor, "GET /demo/");
  await page.getByRole("link", { name: "Try again" }).click();
  await until("the next visit", () => visits.length > 0);
  await until("the next renewal", () => renewals.length > 3);
  await diagnosis(page).waitFor();
  assert.equal(renewals.length, 4);

  await button(page, "Sign out").click();
  await field(page, "Password").waitFor();
  assert.equal(await statusOf(visitor, "/me"), 401);
}

// Another tab renews after the departure: to be sent back then is no loop yet, the next time it is.
async function isOvertakenOnce(visitor) {
  const { context, page } = visitor;
  await register(visitor);
  const other = await context.newPage();
  await other.goto("/register");
  const renewals = countRequests(visitor, "POST /refresh");

  await page.goto(ELSEWHERE);
  await diagnosis(page).waitFor();
  const mark = await other.evaluate(async () => {
    const { createSession } = await import("/assets/session.js");
    const session = createSession();
    await session.refresh();
    return session.lastRenewal();
  });
  await until("the mark", () => page.evaluate((value) => Object.values(localStorage).includes(value), mark));
  const before = renewals.length;
  await page.getByRole("link", { name: "Try again" }).click();
  await until("two more renewals", () => renewals.length >= before + 2);
  await diagnosis(page).waitFor();
  assert.equal(renewals.length, before + 2);
}

// Tabs that send each other round for ever find an end, too.
async function isOvertakenForEver(visitor) {
  const { context, page } = visitor;
  await register(visitor);
  await context.addInitScript(() => localStorage.setItem(`session of ${location.origin}`, Math.random()));
  await page.goto(ELSEWHERE);
  await diagnosis(page).waitFor();
}

// A cookie of another application, which by its form may be a token.
const NAMESAKE = { name: "access_token", value: "A".repeat(43) };

// On the host of the login, where the application's cookie has a path of its own.
async function meetsANamesake(visitor) {
  const { context, page } = visitor;
  await register(visitor);
  await context.addCookies([{ ...NAMESAKE, domain: new URL(BASE).hostname, path: "/demo" }]);
  await page.goto("/demo/?a=1");
  await diagnosis(page).waitFor();
  const text = await page.getByRole("main").textContent();
  assert.match(text, /on the same host as this page/);
  assert.match(text, /another application there has set a cookie of the same name/);
  assert.match(text, /set a COOKIE_PREFIX/);
}

// On another host of the login's domain, where the page cannot know whether COOKIE_DOMAIN is set. The guard leads to
// PUBLIC_URL, which is neither of these hosts, so the scenario leads back in its place.
async function isToldOfBoth(visitor) {
  const { context, page } = visitor;
  await register(visitor);
  const cookies = await context.cookies(BASE);
  await context.addCookies(cookies.map((cookie) => ({ ...cookie, domain: new URL(LOGIN).hostname })));
  const way = `${LOGIN}/login?rd=${encodeURIComponent(`${NEIGHBOUR}/`)}`;
  await context.route(`${NEIGHBOUR}/`, (route) => route.fulfill({ status: 302, headers: { Location: way } }));
  await page.goto(way);
  await diagnosis(page).waitFor();
  const text = await page.getByRole("main").textContent();
  assert.match(text, /Set COOKIE_DOMAIN=guard\.localhost/);
  assert.match(text, /another application there has set a cookie of the same name/);
  assert.match(text, /set a COOKIE_PREFIX/);
}

async function losesItsCookies(visitor, account) {
  const { context, page } = visitor;
  await page.goto("/demo/?a=1");
  const gate = await hold(visitor, "**/demo/*", "GET");
  await submitLogin(page, account);
  await gate.arrived;
  await context.clearCookies();
  gate.release();
  await alertOf(page).waitFor();
  assert.match(await alertOf(page).textContent(), /has not kept you signed in. Allow cookies for localhost/);
  await submitLogin(page, account);
  await expectUrl(page, "/demo/?a=1");
}

await scenario(async (stage) => {
  await isDiagnosed(await stage.visitor());
  await isOvertakenOnce(await stage.visitor());
  await isOvertakenForEver(await stage.visitor());
  await meetsANamesake(await stage.visitor());
  await isToldOfBoth(await stage.visitor());
  await losesItsCookies(await stage.visitor(), await register(await stage.visitor()));
});
