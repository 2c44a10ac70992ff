// A link to set a new password: its token is gone from the address at once and works after a reload; what is refused can be
// tried again; in the end the visitor signs in with the new password. A used link is told of.

import { scenario } from "../lib/scenario.mjs";
import { button, expectFieldError, expectUrl, field, fillForm, insertTicket, OTHER_PASSWORD, register, submitLogin,
} from "../lib/steps.mjs";

await scenario(async (stage) => {
  const [visitor, late] = [await stage.visitor(), await stage.visitor()];
  const account = await register(await stage.visitor());
  const { page } = visitor;
  visitor.expects("400 /reset-password");
  late.expects("401 /reset-password");
  const token = insertTicket({ purpose: "password_reset", owner: account.username });

  await page.goto(`/reset#token=${token}`);
  await expectUrl(page, "/reset");
  await page.reload();
  const set = button(page, "Set password");
  await fillForm(page, { "New password": "password123" });
  await set.click();
  await expectFieldError(field(page, "New password"), /common/);
  await fillForm(page, { "New password": OTHER_PASSWORD });
  await set.click();
  await page.getByRole("heading", { name: "Your password is set" }).waitFor();
  await page.getByRole("link", { name: "Sign in" }).click();
  await submitLogin(page, { ...account, password: OTHER_PASSWORD });
  await expectUrl(page, "/account");

  await late.page.goto(`/reset#token=${token}`);
  await fillForm(late.page, { "New password": OTHER_PASSWORD });
  await button(late.page, "Set password").click();
  await late.page.getByRole("heading", { name: "You need a link" }).waitFor();
  await late.page.goto("/reset");
  await late.page.getByRole("heading", { name: "You need a link" }).waitFor();
});
