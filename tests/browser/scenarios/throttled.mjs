// Too many wrong passwords: the page says for how long to wait, counts, and then lets go on.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { alertOf, countRequests, expectUrl, field, register, submitLogin } from "../lib/steps.mjs";

await scenario(async (stage) => {
  const account = await register(await stage.visitor());
  const visitor = await stage.visitor();
  const { page } = visitor;
  visitor.expects("401 /login", "429 /login");
  const logins = countRequests(visitor, "POST /login");

  await page.goto("/login");
  const waiting = page.getByRole("button", { name: /^Wait \d+:\d\d$/ });
  const refused = field(page, "Password").and(page.locator("[aria-invalid]"));
  for (let attempt = 0; attempt < 10 && !(await waiting.isVisible()); attempt++) {
    await submitLogin(page, { ...account, password: `wrong ${attempt}` });
    await waiting.or(refused).waitFor();
  }
  await alertOf(page).filter({ hasText: /Too many attempts\. You can try again in \d+ seconds?\./ }).waitFor();
  assert.equal(await waiting.getAttribute("aria-disabled"), "true");
  const sent = logins.length;
  await field(page, "Password").press("Enter");

  await alertOf(page).filter({ hasText: "You can try again now." }).waitFor();
  assert.equal(logins.length, sent);
  await submitLogin(page, account);
  await expectUrl(page, "/account");
});
