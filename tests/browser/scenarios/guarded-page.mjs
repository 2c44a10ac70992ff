// A guarded page sends a stranger to the login and gets them back at the very address, query and all; the application
// behind it is told who they are.

import assert from "node:assert/strict";
import { BASE, scenario } from "../lib/scenario.mjs";
import { expectUrl, register, submitLogin } from "../lib/steps.mjs";

const ADDRESS = "/demo/?a=1&b=2&c=x%26y%3D%C3%A9&d=%2F%3F";

await scenario(async (stage) => {
  const account = await register(await stage.visitor());
  const { page } = await stage.visitor();

  await page.goto(ADDRESS);
  const login = new URL(page.url());
  assert.equal(login.pathname, "/login");
  assert.equal(login.searchParams.get("rd"), new URL(ADDRESS, BASE).href);

  await submitLogin(page, account);
  await expectUrl(page, ADDRESS);
  await page.getByRole("heading", { name: "A guarded page" }).waitFor();

  await page.goto("/demo/headers");
  assert.match(await page.locator("body").textContent(), new RegExp(`^Remote-User: ${account.username}$`, "m"));
});
