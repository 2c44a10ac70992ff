// Where an invitation is needed, the login leads to no registration; without one the page says what is needed; a wrong one
// is told of, and a good one makes the account.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { scenario } from "../lib/scenario.mjs";
import { alertOf, button, expectUrl, field, fillForm, insertTicket, newName, PASSWORD } from "../lib/steps.mjs";

await scenario(async (stage) => {
  const { page } = await stage.visitor();

  await page.goto("/login");
  await button(page, "Sign in").waitFor();
  assert.equal(await page.getByRole("link", { name: "Create an account" }).count(), 0);
  await page.goto("/register");
  await page.getByRole("heading", { name: "You need an invitation" }).waitFor();
  assert.equal(await field(page, "Username").isVisible(), false);
  assert.equal(await button(page, "Create account").count(), 0);

  for (const wrong of [randomBytes(32).toString("base64url"), "x"]) {
    const late = await stage.visitor();
    late.expects("403 /register");
    await late.page.goto(`/register#invite=${wrong}`);
    await expectUrl(late.page, "/register");
    await fillForm(late.page, { Name: "Eve", Username: newName(), Password: PASSWORD });
    await button(late.page, "Create account").click();
    await alertOf(late.page).filter({ hasText: /invitation/ }).waitFor();
    await expectUrl(late.page, "/register");
  }

  // The link is opened in the tab that has said so, which changes nothing but the fragment.
  await page.goto(`/register#invite=${insertTicket({ purpose: "invitation" })}`);
  await fillForm(page, { Name: "Ada Lovelace", Username: newName(), Password: PASSWORD });
  await button(page, "Create account").click();
  await expectUrl(page, "/account");
});
