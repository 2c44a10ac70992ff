// Somebody makes an account: what is missing or refused stands beside its field, and in the end they are where they
// wanted to go.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import {
  button, expectFieldError, expectUrl, field, fillForm, logIn, newName, OTHER_PASSWORD, register,
} from "../lib/steps.mjs";

await scenario(async (stage) => {
  const visitor = await stage.visitor();
  const { username: taken } = await register(await stage.visitor());
  const { page } = visitor;
  visitor.expects("400 /register", "409 /register");

  await page.goto("/login?rd=%2Fdemo%2F%3Fa%3D1%26b%3D2");
  await page.getByRole("link", { name: "Create an account" }).click();
  await expectUrl(page, "/register?rd=%2Fdemo%2F%3Fa%3D1%26b%3D2");

  await page.getByText("At least 10 characters. Several words").waitFor();
  const create = button(page, "Create account");
  await create.click();
  await expectFieldError(field(page, "Name"), /fill in this field/);
  await fillForm(page, { Name: "  " });
  await create.click();
  await expectFieldError(field(page, "Name"), /fill in this field/);

  await fillForm(page, { Name: "Grace Hopper", Username: "no spaces", Password: "short" });
  await create.click();
  await expectFieldError(field(page, "Password"), /use at least 10 characters/); // as the instance is set
  await fillForm(page, { Password: OTHER_PASSWORD });
  await create.click();
  await expectFieldError(field(page, "Username"), /letter or digit/);

  await fillForm(page, { Username: taken });
  await create.click();
  await expectFieldError(field(page, "Username"), /is taken/);

  // The ends of names are trimmed, those of a password are not.
  const account = { username: newName(), password: ` ${OTHER_PASSWORD} ` };
  await fillForm(page, { Name: " Grace Hopper ", Username: `\u00a0${account.username} `, Password: account.password });
  await create.click();
  await expectUrl(page, "/demo/?a=1&b=2");
  await page.getByRole("heading", { name: "A guarded page" }).waitFor();

  await page.goto("/account");
  await page.getByRole("heading", { name: "Grace Hopper" }).waitFor();
  assert.equal(await field(page, "Your name").inputValue(), "Grace Hopper");
  await logIn(visitor, account);
});
