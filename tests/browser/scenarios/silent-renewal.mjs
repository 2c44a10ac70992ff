// The access token ends, because the browser drops the cookie or because the service no longer takes it: nobody is asked
// to log in, nothing that was typed is lost, and no form flashes up on the way through the login page.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { button, countRequests, expectUrl, expireAccess, field, forgetAccessCookie, hold, openAccount, register }
  from "../lib/steps.mjs";

await scenario(async (stage) => {
  const visitor = await stage.visitor();
  const account = await register(visitor);
  const { page } = visitor;
  visitor.expects("401 /me");
  const renewals = countRequests(visitor, "POST /refresh");

  await openAccount(visitor);
  assert.equal(renewals.length, 0);

  expireAccess(account);
  await field(page, "Your name").fill("Ada King");
  await button(page, "Save").click();
  await page.getByText("Your name is saved.").waitFor();
  await page.getByRole("heading", { name: "Ada King" }).waitFor();
  assert.equal(renewals.length, 1);

  await forgetAccessCookie(visitor);
  await openAccount(visitor);
  assert.equal(renewals.length, 2);

  await forgetAccessCookie(visitor);
  const gate = await hold(visitor, "**/refresh*");
  await page.goto("/demo/?a=1&b=2#/dash/5");
  await gate.arrived;
  assert.equal(await button(page, "Sign in").isVisible(), false);
  gate.release();
  await expectUrl(page, "/demo/?a=1&b=2#/dash/5");
});
