// A wrong password, an unknown name and an empty form: one message, tied to the field and announced, with the focus
// where the next try begins.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { button, expectFieldError, expectUrl, field, newName, register, submitLogin } from "../lib/steps.mjs";

await scenario(async (stage) => {
  const account = await register(await stage.visitor());
  const visitor = await stage.visitor();
  const { page } = visitor;
  visitor.expects("401 /login");

  await page.goto("/login");
  await button(page, "Sign in").click();
  await expectFieldError(field(page, "Username"), /fill in this field/);

  for (const username of [account.username, newName()]) {
    await submitLogin(page, { username, password: "not the password" });
    await expectFieldError(field(page, "Password"), /username or password is wrong/);
    const error = page.locator("#password-error");
    assert.equal(await error.getAttribute("aria-live"), "polite");
    assert.equal(await field(page, "Username").getAttribute("aria-invalid"), null);
  }

  await submitLogin(page, account);
  await expectUrl(page, "/account");
});
