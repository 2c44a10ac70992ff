// axe finds nothing on any page in any state, in light and dark.

import assert from "node:assert/strict";
import axe from "axe-core";
import { scenario } from "../lib/scenario.mjs";
import { inEachState } from "../lib/states.mjs";
import { register } from "../lib/steps.mjs";

async function expectAccessible(page, name) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join("\n  ")}`);
  assert.deepEqual(found, [], name);
}

await scenario(async (stage) => {
  const account = await register(await stage.visitor());
  for (const colorScheme of ["light", "dark"]) {
    await inEachState(stage, account, { colorScheme }, ({ page }, name) => expectAccessible(page, `${name}, ${colorScheme}`));
  }
});
