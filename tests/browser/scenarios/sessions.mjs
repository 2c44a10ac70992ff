// The list of sessions: which is which, one other is signed out, then all others.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { button, expectFocus, logIn, openAccount, register, sessionRows, statusOf, until } from "../lib/steps.mjs";

const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
const SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
  "Version/18.5 Mobile/15E148 Safari/604.1";

await scenario(async (stage) => {
  const visitor = await stage.visitor();
  const account = await register(visitor);
  const [firefox, safari] = [await stage.visitor({ userAgent: FIREFOX }), await stage.visitor({ userAgent: SAFARI })];
  for (const other of [firefox, safari]) await logIn(other, account);
  firefox.expects("401 /me");
  await openAccount(firefox);

  const { page } = visitor;
  await openAccount(visitor);
  assert.equal(await sessionRows(page).count(), 3);
  const own = sessionRows(page).filter({ has: page.getByText("This session", { exact: true }).and(page.locator(":visible")) });
  assert.match(await own.textContent(), /127\.0\.0\.1|::1/);
  assert.equal(await own.count(), 1);

  await button(sessionRows(page).filter({ hasText: "Firefox on Windows" }), "Sign out").click();
  await page.getByText("Firefox on Windows is signed out.").waitFor();
  await expectFocus(page.getByRole("heading", { name: "Sessions" }));
  assert.equal(await sessionRows(page).count(), 2);
  await firefox.page.reload();
  await firefox.page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(new URL(firefox.page.url()).search, "?rd=%2Faccount");

  await sessionRows(page).filter({ hasText: "Safari on iOS" }).waitFor();
  await button(page, "Sign out everywhere else").click();
  await page.getByText("One other session is signed out.").waitFor();
  assert.equal(await statusOf(safari, "/me"), 401);
  assert.equal(await statusOf(visitor, "/me"), 200);
  await until("the button to go", async () => !(await button(page, "Sign out everywhere else").isVisible()));
});
