// A new password: the current one has to be right; then other sessions are signed out and this one goes on.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { button, expectFieldError, expectUrl, field, fillForm, logIn, openAccount, OTHER_PASSWORD, PASSWORD, register,
  sessionRows, statusOf, submitLogin } from "../lib/steps.mjs";

await scenario(async (stage) => {
  const [visitor, other, third] = [await stage.visitor(), await stage.visitor(), await stage.visitor()];
  const account = await register(visitor);
  await logIn(other, account);
  const { page } = visitor;
  visitor.expects("403 /change-password", "400 /change-password");
  third.expects("401 /login");

  await openAccount(visitor);
  const change = button(page, "Change password");
  await fillForm(page, { "Current password": "not the password", "New password": OTHER_PASSWORD });
  await change.click();
  await expectFieldError(field(page, "Current password"), /not your current password/);

  await fillForm(page, { "Current password": PASSWORD, "New password": "password123" });
  await change.click();
  await expectFieldError(field(page, "New password"), /common/);

  await fillForm(page, { "New password": OTHER_PASSWORD });
  await change.click();
  await page.getByText("Your password is changed.").waitFor();
  assert.equal(await field(page, "New password").inputValue(), "");
  await sessionRows(page).nth(1).waitFor({ state: "detached" });
  assert.equal(await sessionRows(page).count(), 1);
  assert.equal(await statusOf(visitor, "/me"), 200);
  assert.equal(await statusOf(other, "/me"), 401);

  await third.page.goto("/login");
  await submitLogin(third.page, account);
  await expectFieldError(field(third.page, "Password"), /password is wrong/);
  await submitLogin(third.page, { ...account, password: OTHER_PASSWORD });
  await expectUrl(third.page, "/account");
});
