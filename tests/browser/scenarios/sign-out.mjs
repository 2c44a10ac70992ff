// Signing out, by the button above or by the row of this session, ends at the login; Back shows nothing of the account.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { button, expectUrl, field, logIn, openAccount, register, sessionRows, statusOf } from "../lib/steps.mjs";

await scenario(async (stage) => {
  const visitor = await stage.visitor();
  const account = await register(visitor);
  const { page } = visitor;
  visitor.expects("401 /me");

  await page.goto("/register");
  await openAccount(visitor);
  await button(page.getByRole("main"), "Sign out").first().click();
  await expectUrl(page, "/login");
  await field(page, "Username").waitFor();
  assert.equal(await statusOf(visitor, "/me"), 401);
  await page.goBack();
  await expectUrl(page, "/register");

  await logIn(visitor, account);
  await openAccount(visitor);
  await button(sessionRows(page), "Sign out").click();
  await expectUrl(page, "/login");
  await field(page, "Username").waitFor();
  assert.equal(await statusOf(visitor, "/me"), 401);
});
