// Addresses that would lead to strangers end on this host, whether one signs in there or is signed in already.

import assert from "node:assert/strict";
import { BASE, scenario } from "../lib/scenario.mjs";
import { button, expectUrl, register, submitLogin } from "../lib/steps.mjs";

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
    }
    assert.deepEqual(foreign, [], address);
    await visitor.context.close();
  }
});
