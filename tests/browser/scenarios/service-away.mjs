// The service is away or the network fails: the page says so, nobody is sent to log in, and what was asked can be asked
// again.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { alertOf, answerWith, button, expectUrl, expireAccess, field, openAccount, register, submitLogin }
  from "../lib/steps.mjs";

const AWAY = { code: "service_unavailable", title: "Service Unavailable", detail: "Away." };
const PROBLEMS = [
  ["503", (visitor, pattern) => answerWith(visitor, pattern, 503, AWAY, { "Retry-After": "1" }), /The service is not available/],
  ["failed", ({ context }, pattern) => context.route(pattern, (route) => route.abort()), /cannot be reached/],
];

await scenario(async (stage) => {
  const visitor = await stage.visitor();
  const account = await register(visitor);
  const { context, page } = visitor;
  visitor.expects("401 /me");
  const back = () => context.unrouteAll({ behavior: "wait" });

  for (const [word, breakDown, text] of PROBLEMS) {
    visitor.expects(`${word} /me`, `${word} /refresh`, `${word} /login`);

    await breakDown(visitor, "**/me");
    await page.goto("/account");
    await alertOf(page).filter({ hasText: text }).waitFor();
    await back();
    await button(page, "Try again").click();
    await button(page, "Change password").waitFor();

    expireAccess(account);
    await breakDown(visitor, "**/refresh");
    await field(page, "Your name").fill("Ada King");
    await button(page, "Save").click();
    await alertOf(page).filter({ hasText: text }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/account");
    await back();
    await button(page, "Save").click();
    await page.getByText("Your name is saved.").waitFor();

    const stranger = await stage.visitor();
    stranger.expects(`${word} /refresh`);
    await breakDown(stranger, "**/refresh*");
    await stranger.page.goto("/login");
    await alertOf(stranger.page).filter({ hasText: text }).waitFor();
    await submitLogin(stranger.page, account);
    await expectUrl(stranger.page, "/account");
  }
  await openAccount(visitor);
});
