// An invitation: its token is gone from the address at once and works after a reload; the username that it is for is filled
// in; a used one is told of.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { alertOf, button, expectUrl, field, fillForm, insertTicket, newName, PASSWORD } from "../lib/steps.mjs";

await scenario(async (stage) => {
  const [visitor, late] = [await stage.visitor(), await stage.visitor()];
  const { page } = visitor;
  late.expects("403 /register");
  const username = newName();
  const token = insertTicket({ purpose: "invitation", username, groups: "staff" });

  await page.goto(`/register#invite=${token}&username=${username}`);
  await expectUrl(page, "/register");
  await page.reload();
  await expectUrl(page, "/register");
  assert.equal(await field(page, "Username").inputValue(), username);
  await fillForm(page, { Name: "Ada Lovelace", Password: PASSWORD });
  await button(page, "Create account").click();
  await expectUrl(page, "/account");

  await late.page.goto(`/register#invite=${token}`);
  await fillForm(late.page, { Name: "Eve", Username: newName(), Password: PASSWORD });
  await button(late.page, "Create account").click();
  await alertOf(late.page).filter({ hasText: /invitation/ }).waitFor();
});
