// A guarded page sends a stranger to the login and gets them back at the very address, query, fragment and all, also when
// they make an account on the way; the application behind it is told who they are.

import assert from "node:assert/strict";
import { BASE, scenario } from "../lib/scenario.mjs";
import { button, expectUrl, fillForm, hold, newName, OTHER_PASSWORD, register, submitLogin } from "../lib/steps.mjs";

const ADDRESS = "/demo/?a=1&b=2&c=x%26y%3D%C3%A9&d=%2F%3F";

const ROUTE = "#/dash/5?tab=%2F&x=//y";

async function keepsTheFragment({ page }, account) {
  await page.goto(ADDRESS + ROUTE);
  await submitLogin(page, account);
  await expectUrl(page, ADDRESS + ROUTE);

  // One that the service knows, because the address came from a script, is not added twice.
  await page.goto(`/login?rd=${encodeURIComponent("/demo/?a=1#first")}#second`);
  await expectUrl(page, "/demo/?a=1#first");

  // In place of an address that the service refuses, nothing gets it.
  await page.goto(`/login?rd=${encodeURIComponent("//evil.example")}#@evil.example/`);
  await expectUrl(page, "/account");
}

// By a link to the page that has its name as heading, once its script has given the links of that page the destination.
async function follow(page, name) {
  await page.getByRole("link", { name }).click();
  await page.locator("main:not(.waiting, .checking)").getByRole("heading", { name }).waitFor();
}

// No link of the registration is there to be clicked before it leads to the right place.
async function showsNoLinkTooSoon(visitor) {
  const script = await hold(visitor, "**/assets/register.js", "GET");
  await visitor.page.getByRole("link", { name: "Create an account" }).click();
  await script.arrived;
  await visitor.page.locator("main.waiting #register").waitFor({ state: "attached" });
  script.release();
  await visitor.page.getByRole("heading", { name: "Create an account" }).waitFor();
}

async function keepsTheFragmentOfANewcomer(visitor) {
  const { page } = visitor;
  await page.goto(ADDRESS + ROUTE);
  await showsNoLinkTooSoon(visitor);
  await follow(page, "Sign in");
  await follow(page, "Create an account");
  await fillForm(page, { Name: "New", Username: newName(), Password: OTHER_PASSWORD });
  await button(page, "Create account").click();
  await expectUrl(page, ADDRESS + ROUTE);
}

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

  await keepsTheFragment(await stage.visitor(), account);
  await keepsTheFragmentOfANewcomer(await stage.visitor());

  await page.goto("/demo/headers");
  assert.match(await page.locator("body").textContent(), new RegExp(`^Remote-User: ${account.username}$`, "m"));
});
