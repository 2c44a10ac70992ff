// The registration page: makes an account, which also signs the visitor in, and leads to where the service says. An
// invitation comes in the fragment, as #invite=TOKEN, with &username=NAME if it is for this one.

import { callPlainly, session } from "./api.js";
import { depart } from "./departure.js";
import { handleForm } from "./form.js";
import { forgetParameters, takeParameters } from "./fragment.js";
import { destination, dressPage, HOME, showPart } from "./page.js";

const form = document.querySelector("form");
const target = destination() || HOME;
const invitation = takeParameters("invite");
const invite = invitation.get("invite");

function register(account) {
  return callPlainly("POST", "/register", { ...account, redirect: target, ...(invite && { invite }) });
}

function leave(outcome) {
  forgetParameters("invite");
  return depart(target, outcome, session.lastRenewal());
}

// The part to show, by the setting REGISTRATION.
const PART = { open: "register", invite: invite ? "register" : "uninvited", closed: "closed" };

dressPage();
handleForm(form, register, leave);
form.elements.username.value = invitation.get("username") ?? "";
showPart(PART[document.querySelector("main").dataset.registration]);
