// The page for a new password by a link from the administrator, which has the token in its fragment: #token=TOKEN.
// With &username=NAME behind it, password managers know whose password it is.

import { callPlainly } from "./api.js";
import { handleForm } from "./form.js";
import { forgetParameters, takeParameters } from "./fragment.js";
import { dressPage, showPart } from "./page.js";

const form = document.querySelector("form");
const link = takeParameters("token");
const token = link.get("token");

async function setPassword({ new_password }) {
  const outcome = await callPlainly("POST", "/reset-password", { token, new_password });
  if (outcome.code === "invalid_ticket") leave("unlinked");
  return outcome;
}

function leave(part) {
  forgetParameters("token");
  showPart(part);
}

dressPage();
handleForm(form, setPassword, () => leave("done"));
form.elements.username.value = link.get("username") ?? "";
showPart(token ? "reset" : "unlinked");
