// What happened to the account stands on its page, in words.

import { scenario } from "../lib/scenario.mjs";
import { logIn, openAccount, register } from "../lib/steps.mjs";

await scenario(async (stage) => {
  const [visitor, other] = [await stage.visitor(), await stage.visitor()];
  const account = await register(visitor);
  await other.context.request.post("/login", { data: { ...account, password: "not the password" } });
  await logIn(other, account);
  await logIn(other, account);
  await openAccount(visitor);
  const history = visitor.page.getByRole("region", { name: "History" });
  const texts = ["Signed in,", "Signed in from a new browser,", "Failed sign-in,", "Account created,"];
  for (const [place, text] of texts.entries()) {
    await history.getByRole("listitem").nth(place).filter({ hasText: text }).waitFor();
  }
});
