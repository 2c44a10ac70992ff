// The whole tour by Tab, Space and Enter alone: register, look at the password, sign out, sign in, change the name.

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { button, expectFocus, expectUrl, field, newName, PASSWORD } from "../lib/steps.mjs";

const MOST_STEPS = 40;

// Tab until the element has the focus, which must be seen there.
async function tabTo(page, locator, key = "Tab") {
  await locator.waitFor();
  for (let step = 0; step < MOST_STEPS; step++) {
    if (await locator.evaluate((element) => element === document.activeElement)) return expectOutline(locator);
    await page.keyboard.press(key);
  }
  assert.fail(`${locator} cannot be reached by ${key}`);
}

async function expectOutline(locator) {
  const { style, width } = await locator.evaluate((element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return { style: outlineStyle, width: outlineWidth };
  });
  assert.notEqual(style, "none");
  assert.ok(parseFloat(width) >= 2, `an outline of ${width}`);
}

async function type(page, label, text) {
  await tabTo(page, field(page, label));
  await page.keyboard.press("Control+A");
  await page.keyboard.type(text);
}

await scenario(async (stage) => {
  const visitor = await stage.visitor();
  const { page } = visitor;
  visitor.expects("401 /me");
  const username = newName();

  await page.goto("/login");
  await expectFocus(field(page, "Username"));
  await tabTo(page, page.getByRole("link", { name: "Create an account" }));
  await page.keyboard.press("Enter");
  await type(page, "Name", "Ada Lovelace");
  await type(page, "Username", username);
  await type(page, "Password", PASSWORD);
  const show = button(page, "Show password");
  await tabTo(page, show);
  await page.keyboard.press("Space");
  assert.equal(await show.getAttribute("aria-pressed"), "true");
  assert.equal(await field(page, "Password").getAttribute("type"), "text");
  await tabTo(page, button(page, "Create account"));
  await page.keyboard.press("Space");
  await expectUrl(page, "/account");

  await tabTo(page, button(page, "Sign out").first());
  await page.keyboard.press("Enter");
  await expectUrl(page, "/login");
  await expectFocus(field(page, "Username"));
  await page.keyboard.type(username);
  await type(page, "Password", PASSWORD);
  await page.keyboard.press("Enter");
  await expectUrl(page, "/account");

  await type(page, "Your name", "Ada King");
  await page.keyboard.press("Enter");
  await page.getByText("Your name is saved.").waitFor();
  await tabTo(page, button(page, "Delete account…"));
  await page.keyboard.press("Enter");
  await expectFocus(field(page.getByRole("dialog"), "Password"));
  await tabTo(page, button(page, "Cancel"));
  await page.keyboard.press("Enter");
  await expectFocus(button(page, "Delete account…"));
  await tabTo(page, button(page, "Save"), "Shift+Tab");
});
