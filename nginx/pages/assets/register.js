// The registration page: makes an account, which also signs the visitor in, and leads to where the service says.

import { callPlainly, session } from "./api.js";
import { depart } from "./departure.js";
import { handleForm } from "./form.js";
import { destination, dressPage, HOME } from "./page.js";

const form = document.querySelector("form");
const target = destination() || HOME;

function register(account) {
  return callPlainly("POST", "/register", { ...account, redirect: target });
}

function leave(outcome) {
  return depart(target, outcome, session.lastRenewal());
}

dressPage();
handleForm(form, register, leave);
