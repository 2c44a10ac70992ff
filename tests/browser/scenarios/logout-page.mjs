// The page that an application's "sign out" leads to: it ends the session and leads on, for whoever comes by the visitor's own
// will or from a page of the site. A stranger who leads a browser there, by whatever way, signs nobody out.

import assert from "node:assert/strict";
import { BASE, scenario } from "../lib/scenario.mjs";
import { alertOf, answerWith, button, comeFromElsewhere, countRequests, expectUrl, field, logIn, register, statusOf }
  from "../lib/steps.mjs";

const GOODBYE = `${BASE}/register?goodbye`;
const withWay = (address) => `/logout?rd=${encodeURIComponent(address)}`;

async function leadsOn({ page, ...visitor }, account) {
  visitor.expects("401 /logout");
  for (const [address, end] of [["/logout", "/login"], [withWay(GOODBYE), GOODBYE], [withWay("https://evil.example/"), "/login"]]) {
    await logIn(visitor, account);
    await page.goto("/register");
    await page.goto(address);
    await expectUrl(page, end);
    assert.equal(await statusOf(visitor, "/me"), 401);
    await page.goBack();
    await expectUrl(page, "/register");
  }
  // Whoever has no session any more is led on as well.
  await page.goto(withWay(GOODBYE));
  await expectUrl(page, GOODBYE);
}

// A guarded page has a link, as an application has.
async function isLinkedTo({ page, ...visitor }, account) {
  await logIn(visitor, account);
  await page.goto("/demo/");
  await page.getByRole("link", { name: "Sign out" }).click();
  await field(page, "Username").waitFor();
  assert.equal(new URL(page.url()).pathname, "/login");
  assert.equal(await statusOf(visitor, "/me"), 401);
}

async function asksWhomStrangersSend({ context, page }, account) {
  await logIn({ context }, account);
  const requests = countRequests({ context }, "POST /logout");
  for (const address of ["/logout", withWay(GOODBYE), "/login?rd=%2Flogout"]) {
    await comeFromElsewhere(page, address);
    await button(page, "Sign out").waitFor();
    await page.getByRole("link", { name: "Stay signed in" }).click();
    await button(page, "Change password").waitFor();
  }
  assert.equal(requests.length, 0);
  await comeFromElsewhere(page, withWay(GOODBYE));
  await button(page, "Sign out").click();
  await expectUrl(page, GOODBYE);
  assert.equal(await statusOf({ context }, "/me"), 401);
}

// What the browser renders in advance does nothing before it is shown.
async function waitsUntilItIsShown({ context, page }, account) {
  await logIn({ context }, account);
  await context.addInitScript(() => {
    Object.defineProperty(document, "prerendering", { configurable: true, value: true });
  });
  const requests = countRequests({ context }, "POST /logout");
  await page.goto("/logout");
  await page.waitForFunction(() => document.querySelector("[data-host]").textContent);
  assert.equal(requests.length, 0);
  await page.evaluate(() => document.dispatchEvent(new Event("prerenderingchange")));
  await expectUrl(page, "/login");
  assert.equal(requests.length, 1);
}

async function tellsOfAFailure(visitor, account) {
  const { context, page } = visitor;
  visitor.expects("503 /logout");
  await logIn(visitor, account);
  await answerWith(visitor, "**/logout", 503, { code: "service_unavailable", title: "Away", detail: "Away." });
  await page.goto("/logout");
  await alertOf(page).waitFor();
  await context.unroute("**/logout");
  await button(page, "Sign out").click();
  await expectUrl(page, "/login");
  assert.equal(await statusOf(visitor, "/me"), 401);
}

await scenario(async (stage) => {
  const account = await register(await stage.visitor());
  await leadsOn(await stage.visitor(), account);
  await isLinkedTo(await stage.visitor(), account);
  await asksWhomStrangersSend(await stage.visitor(), account);
  await waitsUntilItIsShown(await stage.visitor(), account);
  await tellsOfAFailure(await stage.visitor(), account);
});
