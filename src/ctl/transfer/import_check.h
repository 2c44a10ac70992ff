// Whether the users of a file may be stored: the rules of the service for names, groups and hashes, and that
// no user is there twice. Pure.
#pragma once

#include "crypto/password.h"
#include "ctl/transfer/import_file.h"

namespace ctl {

/// Adds a fault for each thing that is wrong with a user, and gives the groups the form in which the store
/// takes them. The hasher tells which hashes it can verify.
void check_import(ImportFile& file, const crypto::PasswordHasher& hasher);

/// The faults for people, a line each, of the file of this name: at most 20, and how many more there are.
std::string describe_faults(std::string_view file_name, const std::vector<ImportFault>& faults);

/// Throws Refusal with what describe_faults() says of them, in the order of the lines, if there are any.
void refuse_faults(std::string_view file_name, std::vector<ImportFault> faults);

}  // namespace ctl
