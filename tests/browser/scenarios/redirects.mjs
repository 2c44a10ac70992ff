// Addresses that would lead to strangers end on this host, whether one signs in there or is signed in already.

import assert from "node:assert/strict";
import { BASE, scenario } from "../lib/scenario.mjs";
import { button, expectUrl, fillForm, newName, OTHER_PASSWORD, register, submitLogin } from "../lib/steps.mjs";

const EVIL = [
  "//evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "https://evil.example/",
  "https:evil.example",
  "https://localhost@evil.example/",
  "/\t/evil.example",
  "javascript:alert(1)",
  "data:text/html,<h1>evil",
];

await scenario(async (stage) => {
  const account = await register(await stage.visitor());

  // A new account is told, too; whoever wants to go nowhere, or to an address of this host, is told nothing.
  const newcomer = await stage.visitor();
  await newcomer.page.goto(`/register?rd=${encodeURIComponent("https://evil.example/x")}`);
  await fillForm(newcomer.page, { Name: "New", Username: newName(), Password: OTHER_PASSWORD });
  await button(newcomer.page, "Create account").click();
  await expectUrl(newcomer.page, "/account");
  await newcomer.page.getByText("does not lead to evil.example").waitFor();
  for (const address of ["", "/account", "/account?q=a\\d", `${BASE}/account`]) {
    const { page } = await stage.visitor();
    await page.goto(`/login?rd=${encodeURIComponent(address)}`);
    await submitLogin(page, account);
    await button(page, "Change password").waitFor();
    assert.ok(await page.locator("#refused").isHidden(), address);
  }

  for (const address of EVIL) {
    const visitor = await stage.visitor();
    const { page } = visitor;
    const foreign = [];
    visitor.context.on("request", (request) => request.url().startsWith(BASE) || foreign.push(request.url()));
    for (const arrive of [() => submitLogin(page, account), () => {}]) {
      await page.goto(`/login?rd=${encodeURIComponent(address)}`);
      await arrive();
      await expectUrl(page, "/account");
      await button(page, "Change password").waitFor();
      const text = await page.locator("#refused").textContent();
      assert.ok(await page.locator("#refused").isVisible(), address);
      assert.match(text, /does not lead to (evil\.example|that address)\./, address);
      assert.match(text, /REDIRECT_HOSTS/, address);
    }
    assert.deepEqual(foreign, [], address);
    await page.reload();
    await button(page, "Change password").waitFor();
    assert.ok(await page.locator("#refused").isHidden(), "the notice is shown once");
    await visitor.context.close();
  }
});
