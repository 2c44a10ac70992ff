// Where nobody may register, no page leads to the registration, an invitation opens nothing, and what is sent all the same
// is refused.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { button, field, insertTicket, newName, PASSWORD } from "../lib/steps.mjs";

await scenario(async (stage) => {
  const visitor = await stage.visitor();
  const { page } = visitor;
  const token = insertTicket({ purpose: "invitation" });

  await page.goto("/login");
  await button(page, "Sign in").waitFor();
  assert.equal(await page.getByRole("link", { name: "Create an account" }).count(), 0);

  for (const address of [`/register#invite=${token}&username=ada`, "/register"]) {
    await page.goto(address);
    await page.getByRole("heading", { name: "Registration is closed" }).waitFor();
    assert.equal(await field(page, "Username").isVisible(), false);
    assert.equal(await button(page, "Create account").count(), 0);
  }
  await page.getByRole("link", { name: "Sign in" }).click();
  await button(page, "Sign in").waitFor();

  const data = { name: "Eve", username: newName(), password: PASSWORD, invite: token };
  const answer = await visitor.context.request.post("/register", { data });
  assert.equal(answer.status(), 403);
});
