// crypto/password: hashing and verifying, and the limits for the parameters of stored hashes.
#include "crypto/password.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <string>

namespace {

constexpr crypto::Argon2Cost kCheap{64, 1, 1};
constexpr crypto::Argon2Cost kLimit{131072, 16, 4};

TEST(Password, HashVerifiesItsPasswordOnly) {
  crypto::PasswordHasher hasher(kCheap);
  const auto phc = hasher.hash("correct horse");
  EXPECT_EQ(phc.rfind("$argon2id$v=19$m=64,t=1,p=1$", 0), 0u) << phc;
  EXPECT_EQ(hasher.verify("correct horse", phc), crypto::Verdict::match);
  for (const auto wrong : {"", "correct hors", "correct horse ", "Correct horse"})
    EXPECT_EQ(hasher.verify(wrong, phc), crypto::Verdict::mismatch) << wrong;
  EXPECT_NE(hasher.hash("correct horse"), phc) << "the salt must be fresh";
}

// Made with the argon2 command: printf password | argon2 somesalt -id -t 2 -k 64 -p 1 -l 32 -e
TEST(Password, VerifiesHashesOfTheReferenceProgram) {
  crypto::PasswordHasher hasher(kCheap);
  EXPECT_EQ(
      hasher.verify("password",
                    "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$FqGkmHNGCd0BRW2kBt6fPZ2pPmyGwwChL8FGUhTOSSI"),
      crypto::Verdict::match);
}

TEST(Password, ParsesOnlyWhatItWouldVerify) {
  const std::string good =
      "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
  ASSERT_TRUE(crypto::parse_password_hash(good, kLimit));
  EXPECT_EQ(crypto::make_phc_string(*crypto::parse_password_hash(good, kLimit)), good);
  const char* rows[] = {
      "",
      "plain",
      "$argon2ix$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2i$m=64,t=1,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2id$v=17$m=64,t=1,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2id$v=19$m=131073,t=1,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2id$v=19$m=4294967296,t=1,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2id$v=19$m=64,t=17,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2id$v=19$m=131072,t=9,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2id$v=19$m=65537,t=16,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2id$v=19$m=64,t=1,p=5$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2id$v=19$m=7,t=1,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2id$v=19$m=064,t=1,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2id$v=19$m=64,t=1,p=1$c2Fs$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAEC",
      "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ",
      "$argon2id$v=19$m=64,t=1,p=1,x=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8$",
  };
  for (const auto* row : rows) EXPECT_FALSE(crypto::parse_password_hash(row, kLimit)) << row;
  const char* dear[] = {
      "$argon2id$v=19$m=131072,t=8,p=4$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      "$argon2id$v=19$m=65536,t=16,p=4$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
  };
  for (const auto* row : dear) EXPECT_TRUE(crypto::parse_password_hash(row, kLimit)) << row;
  crypto::PasswordHasher hasher(kCheap);
  EXPECT_EQ(hasher.verify("x", "plain"), crypto::Verdict::unusable);
}

// Made with libargon2 itself: argon2_hash(2, 64, 1, "purple kites", 12, "somesalt", 8, tag, 24, text, 200,
// type, version); the last ones with PHP: password_hash("purple kites", PASSWORD_ARGON2I, ["memory_cost" =>
// 64, "time_cost" => 2]).
TEST(Password, VerifiesEachVariantAndVersionAndWantsItReplaced) {
  crypto::PasswordHasher hasher(kCheap);
  const char* rows[] = {
      "$argon2d$v=16$m=64,t=2,p=1$c29tZXNhbHQ$is1ZX5CowrWL2zVQwsZEPv9YH2kjmXG8",
      "$argon2d$v=19$m=64,t=2,p=1$c29tZXNhbHQ$WnwuffPnHrltouWTM8xYc1DnnAxAXA6h",
      "$argon2i$v=16$m=64,t=2,p=1$c29tZXNhbHQ$ocQ5b5Xyru5Dyg8aD4N+lMAAz/W3TrPe",
      "$argon2i$v=19$m=64,t=2,p=1$c29tZXNhbHQ$13QwurECKoyAgksXQvoj4cKaN7HshUS5",
      "$argon2id$v=16$m=64,t=2,p=1$c29tZXNhbHQ$p8+2rHNmdkfPtW7IpT225iQa5OZReIqs",
      "$argon2i$v=19$m=64,t=2,p=1$MVE0Mm1McEVha0ZlVmxRRQ$eXaWf14pdzLzMiDK/gEp9a8IDYlseV4esgNeUV3bBIc",
  };
  for (const auto* row : rows) {
    EXPECT_EQ(crypto::make_phc_string(*crypto::parse_password_hash(row, kLimit)), row);
    EXPECT_EQ(hasher.verify("purple kites", row), crypto::Verdict::match) << row;
    EXPECT_EQ(hasher.verify("purple kite", row), crypto::Verdict::mismatch) << row;
    EXPECT_TRUE(hasher.needs_rehash("purple kites", row)) << row;
  }
  const auto* same =
      "$argon2id$v=19$m=64,t=2,p=1$b25VYnlIWE5Oc3VSQnguNA$h1mdvvWQcnk0yvhdLsm8a+vRitvnqX1ja7djdbsXceM";
  EXPECT_EQ(hasher.verify("purple kites", same), crypto::Verdict::match);
  EXPECT_FALSE(hasher.needs_rehash("purple kites", same));
}

TEST(Password, SaysWhyAHashOfArgon2IsUnusable) {
  crypto::PasswordHasher hasher(kCheap);
  const std::string tail = "$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
  EXPECT_FALSE(hasher.find_fault("$argon2id$v=19$m=64,t=1,p=1" + tail));
  EXPECT_EQ(hasher.find_fault("$argon2id$v=19$m=4194304,t=1,p=1" + tail),
            "It begins as a hash of argon2, but costs too much: with the settings as they are, m is 131072 "
            "at most, t 16, "
            "p 4, and m times t 1048576.");
  for (const auto& broken : {std::string("$argon2"), std::string("$argon2id$v=19$m=64,t=1,p=1$"),
                             "$argon2id$v=18$m=64,t=1,p=1" + tail})
    EXPECT_EQ(hasher.find_fault(broken),
              "It begins as a hash of argon2, but does not go on as $v=19$m=..,t=..,p=..$SALT$TAG.");
}

TEST(Password, AsksForARehashOnlyWhenParametersRose) {
  crypto::PasswordHasher weak(kCheap);
  crypto::PasswordHasher strong({128, 2, 1});
  EXPECT_TRUE(strong.needs_rehash("x", weak.hash("x")));
  EXPECT_FALSE(strong.needs_rehash("x", strong.hash("x")));
  EXPECT_FALSE(weak.needs_rehash("x", strong.hash("x")));
}

template <class Work>
double time_of(Work work) {
  const auto begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

/// How much longer `work` takes than a hash, by the quickest of several calls of both by turns: a busy
/// machine makes all of it slower for a while.
template <class Work>
double time_in_hashes(crypto::PasswordHasher& hasher, Work work) {
  double whole = 1e9;
  double taken = 1e9;
  for (int i = 0; i < 7; ++i) {
    whole = std::min(whole, time_of([&] { hasher.hash("x"); }));
    taken = std::min(taken, time_of(work));
  }
  return taken / whole;
}

// How long a refusal takes must not tell which users exist.
TEST(Password, ARefusalTakesAsLongAsAHash) {
  crypto::PasswordHasher hasher({8192, 4, 1});
  const std::string stored[] = {
      "",  // unusable
      "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
      crypto::PasswordHasher({64, 1, 1}).hash("y"),
      crypto::PasswordHasher({8192, 1, 1}).hash("y"),
      crypto::PasswordHasher({4096, 3, 2}).hash("y"),
      crypto::PasswordHasher({8192, 4, 1}).hash("y"),
  };
  for (const auto& phc : stored) {
    const double taken = time_in_hashes(hasher, [&] { hasher.verify("x", phc); });
    EXPECT_GT(taken, 0.6) << phc;
    EXPECT_LT(taken, 1.6) << phc;
  }
  const double nobody = time_in_hashes(hasher, [&] { hasher.verify_nobody("x"); });
  EXPECT_GT(nobody, 0.6);
  EXPECT_LT(nobody, 1.6);
}

// A right password that is refused all the same, as that of a disabled user, must not show either.
TEST(Password, ARefusedMatchTakesAsLongAsAMismatch) {
  crypto::PasswordHasher hasher({8192, 4, 1});
  const std::string stored[] = {
      crypto::PasswordHasher({64, 1, 1}).hash("y"),    crypto::PasswordHasher({4096, 3, 2}).hash("y"),
      crypto::PasswordHasher({7000, 4, 1}).hash("y"),  crypto::PasswordHasher({8192, 4, 1}).hash("y"),
      crypto::PasswordHasher({16384, 4, 1}).hash("y"),
  };
  for (const auto& phc : stored) {
    const auto refuse_match = [&] {
      EXPECT_EQ(hasher.verify("y", phc), crypto::Verdict::match);
      hasher.spend_as_mismatch("y", phc);
    };
    const double refused = time_in_hashes(hasher, refuse_match);
    const double wrong = time_in_hashes(hasher, [&] { hasher.verify("x", phc); });
    EXPECT_GT(refused, 0.6) << phc;
    EXPECT_GT(refused / wrong, 0.6) << phc;
    EXPECT_LT(refused / wrong, 1.6) << phc;
  }
}

std::int64_t resident_kib() {
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * 4;
}

TEST(Password, GivesBackWhatADearHashNeeded) {
  crypto::PasswordHasher hasher(kCheap);
  hasher.hash("x");
  const auto before = resident_kib();
  EXPECT_EQ(
      hasher.verify("x", "$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBk"),
      crypto::Verdict::mismatch);
  EXPECT_LT(resident_kib() - before, 16384);
}

}  // namespace
