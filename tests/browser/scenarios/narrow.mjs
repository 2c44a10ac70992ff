// No page in any state scrolls sideways, 320 pixels wide or with letters of twice the size; and what can be pressed is
// large enough to be hit (24 pixels by WCAG 2.2).

import assert from "node:assert/strict";
import { scenario } from "../lib/scenario.mjs";
import { inEachState } from "../lib/states.mjs";
import { register } from "../lib/steps.mjs";

async function expectFits(page, name) {
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(beyond, 0, `${name} is ${beyond} pixels too wide`);
}

async function expectTargets(page, name) {
  for (const target of await page.locator("a:visible, button:visible, input:visible").all()) {
    const { width, height } = await target.boundingBox();
    assert.ok(width >= 24 && height >= 24, `${name}: ${target} is ${width} x ${height}`);
  }
}

await scenario(async (stage) => {
  const account = await register(await stage.visitor(), { name: "Wolfeschlegelsteinhausenbergerdorff".repeat(3) });
  await inEachState(stage, account, { viewport: { width: 320, height: 640 } }, async ({ page }, name) => {
    await expectFits(page, name);
    if (name !== "demonstration") await expectTargets(page, name);
  });
  await inEachState(stage, account, { viewport: { width: 640, height: 900 } }, async ({ page }, name) => {
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    await expectFits(page, name);
  });
});
