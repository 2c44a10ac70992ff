// The commands, by the file that has them. Each is called with arguments that fit its row in commands.cc, and
// returns the exit status. What it throws is told to the operator in main().
#pragma once

#include "ctl/command.h"
#include "ctl/desk.h"

namespace ctl {

// accounts/users.cc
int add_user(Desk& desk, const Arguments& arguments);
int list_users(Desk& desk, const Arguments& arguments);
int show_user(Desk& desk, const Arguments& arguments);
int set_password(Desk& desk, const Arguments& arguments);
int rename_user(Desk& desk, const Arguments& arguments);
int change_groups(Desk& desk, const Arguments& arguments);
int disable_user(Desk& desk, const Arguments& arguments);
int enable_user(Desk& desk, const Arguments& arguments);
int delete_user(Desk& desk, const Arguments& arguments);

// transfer/import.cc
int import_htpasswd(Desk& desk, const Arguments& arguments);
int import_csv(Desk& desk, const Arguments& arguments);
int import_jsonl(Desk& desk, const Arguments& arguments);

// transfer/export.cc
int export_jsonl(Desk& desk, const Arguments& arguments);

// check_nginx.cc
int check_nginx_of_host(Desk& desk, const Arguments& arguments);

// check/check.cc
int check_service(Desk& desk, const Arguments& arguments);

// calibrate.cc
int calibrate(Desk& desk, const Arguments& arguments);

// accounts/tickets.cc
int give_reset_link(Desk& desk, const Arguments& arguments);
int give_invitation(Desk& desk, const Arguments& arguments);
int list_invitations(Desk& desk, const Arguments& arguments);
int revoke_invitations(Desk& desk, const Arguments& arguments);

// accounts/sessions.cc
int list_sessions(Desk& desk, const Arguments& arguments);
int revoke_sessions(Desk& desk, const Arguments& arguments);

// accounts/explain.cc
int explain(Desk& desk, const Arguments& arguments);

// service.cc
int show_status(Desk& desk, const Arguments& arguments);
int clean_up(Desk& desk, const Arguments& arguments);
int print_completion(Desk& desk, const Arguments& arguments);

// scripts.cc
int create_database(Desk& desk, const Arguments& arguments);
int migrate(Desk& desk, const Arguments& arguments);
int render_nginx(Desk& desk, const Arguments& arguments);

}  // namespace ctl
