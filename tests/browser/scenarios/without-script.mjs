// Without JavaScript, or when it does not arrive, no password reaches an address; and the page says what is missing.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { button, fillForm, PASSWORD, register, statusOf } from "../lib/steps.mjs";

const FORMS = [
  ["/login?rd=%2Fdemo%2F", "Sign in", { Username: "ada", Password: PASSWORD }],
  ["/register?rd=%2Fdemo%2F", "Create account", { Name: "Ada", Username: "ada", Password: PASSWORD }],
];

async function expectNoLeak(visitor) {
  const { page } = visitor;
  for (const [address, label, values] of FORMS) {
    await page.goto(address);
    await fillForm(page, values);
    const [request] = await Promise.all([page.waitForRequest((sent) => sent.isNavigationRequest()), button(page, label).click()]);
    assert.equal(request.method(), "POST");
    assert.doesNotMatch(request.url(), /purple|ada/);
    assert.match(request.postData(), /purple/);
  }
}

await scenario(async (stage) => {
  const without = await stage.visitor({ javaScriptEnabled: false });
  without.expects("415 /login", "415 /register");
  await without.page.goto("/login");
  await without.page.locator("noscript p").waitFor();
  await expectNoLeak(without);
  await register(without);
  await without.page.goto("/logout?rd=%2Fdemo%2F");
  await button(without.page, "Sign out").click();
  await without.page.getByText("Logged out").waitFor();
  assert.equal(await statusOf(without, "/me"), 401);

  const lost = await stage.visitor();
  lost.expects("415 /login", "415 /register", "failed /assets/login.js", "failed /assets/register.js");
  await lost.context.route("**/assets/*.js", (route) => route.abort());
  await expectNoLeak(lost);
});
