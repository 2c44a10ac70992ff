// Deleting the account asks first, can be called off, and wants the password.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { button, expectFieldError, expectFocus, field, fillForm, openAccount, register, statusOf } from "../lib/steps.mjs";

await scenario(async (stage) => {
  const visitor = await stage.visitor();
  const account = await register(visitor);
  const { context, page } = visitor;
  visitor.expects("403 /delete");
  const dialog = page.getByRole("dialog", { name: "Delete your account?" });
  const open = button(page, "Delete account…");

  await openAccount(visitor);
  await open.click();
  await expectFocus(field(dialog, "Password"));
  await fillForm(dialog, { Password: account.password });
  await page.keyboard.press("Escape");
  await expectFocus(open);
  assert.equal(await statusOf(visitor, "/me"), 200);

  await open.click();
  assert.equal(await field(dialog, "Password").inputValue(), "");
  await button(dialog, "Delete my account").click();
  await expectFieldError(field(dialog, "Password"), /fill in this field/);
  await fillForm(dialog, { Password: "not the password" });
  await button(dialog, "Delete my account").click();
  await expectFieldError(field(dialog, "Password"), /not your current password/);

  await fillForm(dialog, { Password: account.password });
  await button(dialog, "Delete my account").click();
  await expectFocus(page.getByRole("heading", { name: "Your account is deleted" }));
  const answer = await context.request.post("/login", { data: account });
  assert.equal(answer.status(), 401);
});
