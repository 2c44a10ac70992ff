// Somebody signs in, and cannot do it twice by impatience; the login page is then no longer in the way.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { button, countRequests, expectFocus, expectUrl, field, fillForm, hold, register } from "../lib/steps.mjs";

await scenario(async (stage) => {
  const account = await register(await stage.visitor());
  const visitor = await stage.visitor();
  const { page } = visitor;

  const logins = countRequests(visitor, "POST /login");
  const gate = await hold(visitor, "**/login");
  await page.goto("/register");
  await page.goto("/login");
  await expectFocus(field(page, "Username"));
  await fillForm(page, { Username: `${account.username} `, Password: account.password });
  await button(page, "Show password").click();
  assert.equal(await field(page, "Password").getAttribute("type"), "text");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await gate.arrived;

  const busy = button(page, "Signing in…");
  assert.equal(await busy.getAttribute("aria-disabled"), "true");
  assert.equal(await field(page, "Password").getAttribute("type"), "password");
  await busy.click({ force: true });
  await field(page, "Password").press("Enter");
  gate.release();

  await expectUrl(page, "/account");
  await page.getByRole("heading", { name: "Ada Lovelace" }).waitFor();
  assert.equal(logins.length, 1);

  await page.goBack();
  await expectUrl(page, "/register");
});
