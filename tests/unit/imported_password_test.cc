// crypto/imported_password: hashes that the real programs made, and those that are refused. How each row was
// made stands beside it.
#include "crypto/imported_password.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <string>

#include "crypto/password.h"

namespace {

using crypto::find_imported_fault;
using crypto::matches_imported;

struct Made {
  std::string password;
  std::string stored;
};

const std::string kKites = "purple kites";
const std::string kRussian = "\xD0\xBF\xD0\xB0\xD1\x80\xD0\xBE\xD0\xBB\xD1\x8C";  // six letters of two bytes

const Made kMade[] = {
    // htpasswd -nbB -C 5 u 'purple kites'; htpasswd -niB -C 4 u
    {kKites, "$2y$05$I73yBNTQvOBRRJGBi4QC2OaR5GCWrHCC4BfjxHIAguGHqX5NDXu.e"},
    {kRussian, "$2y$04$U5FbuYWE4iQ9kB2xuDFgDuGNw3GCYxCAfqEa50w/KpO/3Az71QTyK"},
    // htpasswd -nbm, -nbs, -nb5, -nb2 u 'purple kites'; htpasswd -nbs u ''
    {kKites, "$apr1$X/tQYElU$/0GC6.XaP2j33Y2IiDgxj."},
    {kKites, "{SHA}d72SaBDZNXHrWd1PikmO2V4dMMs="},
    {kKites,
     "$6$Ulspz.MnJw39KNKy$Onwxvu9PHduGnBOS2Y03Bh0N2LuhLfKg/"
     "0HslSqj.MC5FJmKxMsTuMYyOCuEo1e78wAlJYFslG0D7MOw3zmLq/"},
    {kKites, "$5$rROXxm2SRSPaubjO$ryNxzW8VZuOxvZBkbfSSyCmzMmANmsuvZEkP0hJyTK6"},
    {"", "{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk="},
    // openssl passwd -1, -5, -6, -apr1 'purple kites'; of '', of 255 times y, of six Russian letters
    {kKites, "$1$Z0.4gKS/$LyDDF3naTrL98Mc4M7Rbp/"},
    {kKites, "$5$3mwa1stkN9tVoP/7$ad94wkXhKusvpOOvUkMOxGEE7sBv/MnCudy4qNs7fwB"},
    {kKites,
     "$6$wpYnGDEEJFELrA32$2rdht0a1E5P9zVVRi3FudxbLAkrmMh5YvsPhnGxSN2qOWnvpfnHcTDkmH5YBTQdnatvoiiBUvkhMkQm."
     "BIIep/"},
    {kKites, "$apr1$22jwZFze$j.LJbXUBpjwWTNWLLrHLh."},
    {"", "$apr1$abcdefgh$L.PT565ESX4Tp2bqNs7Ie."},
    {std::string(255, 'y'), "$apr1$Zq4$g.2ycUZfY0o/I.CXEBdM8/"},
    {kRussian, "$apr1$x$ax9nkyIXJEgU0OK1R9PMe1"},
    // mkpasswd -m bcrypt -R 5, bcrypt-a -R 5, yescrypt -R 1, yescrypt, sha512crypt -R 1000, sha256crypt -R
    // 1000, md5crypt
    {kKites, "$2b$05$6zEAOhWHEn148P4IGCS2QOMyzw5F6DigqzSeatZBEdT/EDhIsCa7K"},
    {kKites, "$2a$05$5TFGp6kYsiCT5VRcY5Txi.VldAjLVKRq2uuo2H0jq80eLHmJOSZnm"},
    {kKites, "$y$j75$sGSCyGsluuYAwEoVJpDtO.$McssWYb38oRFLZnxqXj/Tfb6Fc93DR0O5SYifo9q6M4"},
    {kKites, "$y$j9T$eAHHQxDnd9fyPIb5kTY7n1$5AoP1iP3ixF8PfsFHkCc3h1mfbiPW1koyIjB/Fp6xH7"},
    {kKites,
     "$6$rounds=1000$QEbh7G2waLYpRCuQ$sxdyCMRY0espiBOFUDycCkJimaoO4XI.6Se8galF4DQCXLs5xOcq3Uo5hK/"
     "V2G4uslALayw.8fsT.1d0HpEF6."},
    {kKites, "$5$rounds=1000$EhhzCWSs8BecSaIu$puwrVQPRrH/Q8bwKoOuBfjGwHYssvYtdYj6Pt5j6.t/"},
    {kKites, "$1$bIFamdCa$2sQgGre7Cx4wpv1nfZ7Fo."},
    // php -r 'echo password_hash("purple kites", PASSWORD_BCRYPT, ["cost" => 5]);'; and of 80 times x, with
    // cost 4
    {kKites, "$2y$05$tWwBnc0PT.XBwSQADeKcn.KGI0tblKt9CObHozSrNkcqbTKpjpSqa"},
    {"", "$2y$04$ETaBbiBZaS4Q/xE96.nnhed9O5LEorJx47wh/U75sC80832SytxiS"},
    {std::string(80, 'x'), "$2y$04$4GSoFqR2idLUNyz65wqzJ.B4dc/335L8ooReKmzQK1MvYG9EC8K1G"},
    // Django 3.2: PBKDF2PasswordHasher().encode(password, salt, iterations)
    {kKites, "pbkdf2_sha256$1000$8Zz2N7533GnskvtaByyRl6$tybUiJIHpbT46Lo43EdQKVKIIaDMg+s23EHK+8K809g="},
    {kKites, "pbkdf2_sha256$260000$P3wsBbLFMuANTYoOMKCuM8$0j/ySHXggIKyoIYq2q3wJMa7VGwUHxA5e8EBrvKyP2o="},
    {kRussian, "pbkdf2_sha256$1$salt$HSey7FcngjryI6f8CQJjaBj6gqHKJRKhLOjPpBahUUY="},
};

/// Takes too long for a test that computes it many times.
bool is_dear(const Made& row) {
  return row.stored.find("$260000$") != std::string::npos;
}

TEST(ImportedPassword, VerifiesWhatRealProgramsMade) {
  for (const auto& row : kMade) {
    EXPECT_EQ(find_imported_fault(row.stored).value_or(""), "") << row.stored;
    EXPECT_TRUE(matches_imported(row.password, row.stored)) << row.stored;
    EXPECT_FALSE(matches_imported(row.password.substr(0, 60) + "!", row.stored)) << row.stored;
    EXPECT_EQ(matches_imported("", row.stored), row.password.empty()) << row.stored;
  }
}

// crypt(3) reads to the first NUL, so a password that goes on there would match.
TEST(ImportedPassword, ANulByteMatchesNothing) {
  for (const auto& row : kMade) {
    EXPECT_FALSE(matches_imported(row.password + std::string(1, '\0'), row.stored)) << row.stored;
    EXPECT_FALSE(matches_imported(row.password + std::string("\0x", 2), row.stored)) << row.stored;
  }
}

TEST(ImportedPassword, OfBcryptTheFirst72BytesCount) {
  const std::string stored = "$2y$04$4GSoFqR2idLUNyz65wqzJ.B4dc/335L8ooReKmzQK1MvYG9EC8K1G";
  for (const std::size_t size : {72u, 73u, 1024u})
    EXPECT_TRUE(matches_imported(std::string(size, 'x'), stored)) << size;
  EXPECT_FALSE(matches_imported(std::string(71, 'x'), stored));
}

TEST(ImportedPassword, APasswordThatIsTooLongForCryptMatchesNothing) {
  for (const auto& row : kMade)
    EXPECT_FALSE(matches_imported(std::string(1024, 'z'), row.stored)) << row.stored;
}

TEST(ImportedPassword, AnyOtherCharacterOfTheHashIsAnotherHash) {
  for (const auto& row : kMade) {
    if (is_dear(row)) continue;
    for (const std::size_t from_end : {2u, 5u, 9u, 20u}) {
      auto other = row.stored;
      char& c = other[other.size() - from_end];
      c = c == 'a' ? 'b' : 'a';
      EXPECT_FALSE(matches_imported(row.password, other)) << other;
    }
  }
}

struct Refused {
  std::string stored;
  std::string reason;  ///< a part of it
};

const std::string kSalt22 = "AAAAAAAAAAAAAAAAAAAAAu";
const std::string kTag31 = std::string(30, 'A') + ".";
const std::string kTag43 = std::string(43, 'A');

const Refused kRefused[] = {
    {"", "no hash"},
    {"*", "locked"},
    {"*0", "locked"},
    {"!", "locked"},
    {"!$6$abcdefgh$" + std::string(86, 'A'), "locked"},
    {"wV4cnn6t7kffk", "first eight characters"},  // htpasswd -nbd u 'purple kites'
    {"$2x$05$" + kSalt22 + kTag31, "faulty"},
    {"plain", "begins with none of"},
    {"$", "begins with none of"},
    {"$7$abcdefgh", "begins with none of"},
    {"{SSHA}d72SaBDZNXHrWd1PikmO2V4dMMs=", "begins with none of"},
    {"pbkdf2_sha1$1000$salt$HSey7FcngjryI6f8CQJjaBj6gqHKJRKhLOjPpBahUUY=", "begins with none of"},
    {"\xFF\xFE", "begins with none of"},
    {"$2y$", "does not go on"},
    {"$2y$5$" + kSalt22 + kTag31, "does not go on"},
    {"$2y$03$" + kSalt22 + kTag31, "does not go on"},
    {"$2y$-1$" + kSalt22 + kTag31, "does not go on"},
    {"$2y$05$" + kSalt22 + kTag31 + "A", "does not go on"},
    {"$2y$05$" + kSalt22 + kTag31.substr(1), "does not go on"},
    {"$2y$05$AAAAAAAAAAAAAAAAAAAAAA" + kTag31, "does not go on"},    // bits of the salt that bcrypt drops
    {"$2y$05$" + kSalt22 + std::string(31, 'A'), "does not go on"},  // and of the tag
    {"$2y$05$AAAAAAAAAA\xFF"
     "AAAAAAAAAAu" +
         kTag31,
     "does not go on"},
    {"$2y$05$" + kSalt22 + std::string(1'000'000, 'A'), "does not go on"},
    {"$2y$15$" + kSalt22 + kTag31, "the cost is 15, and 14 is the most"},
    {"$2b$31$" + kSalt22 + kTag31, "the cost is 31, and 14 is the most"},
    {"$2a$99$" + kSalt22 + kTag31, "the cost is 99, and 14 is the most"},
    {"$1$abcdefgh$" + std::string(21, 'A'), "does not go on"},
    {"$1$abcdefghi$" + std::string(22, 'A'), "does not go on"},
    {"$1$$" + std::string(22, 'A'), "does not go on"},
    {"$apr1$abcdefghi$" + std::string(22, 'A'), "does not go on"},
    {"$apr1$abc:efg$" + std::string(22, 'A'), "does not go on"},
    {"$apr1$abcdefgh", "does not go on"},
    {"{SHA}d72SaBDZNXHrWd1PikmO2V4dMMs", "does not go on"},
    {"{SHA}d72SaBDZNXHrWd1PikmO2V4dMMs==", "does not go on"},
    {"{SHA}", "does not go on"},
    {"$5$abcdefgh$" + std::string(86, 'A'), "does not go on"},
    {"$6$abcdefgh$" + kTag43, "does not go on"},
    {"$6$rounds=$abcdefgh$" + std::string(86, 'A'), "does not go on"},
    {"$6$rounds=999$abcdefgh$" + std::string(86, 'A'), "does not go on"},
    {"$6$rounds=01000$abcdefgh$" + std::string(86, 'A'), "does not go on"},
    {"$6$rounds=99999999999999999999$abcdefgh$" + std::string(86, 'A'), "does not go on"},
    {"$6$rounds=999999999$abcdefgh$" + std::string(86, 'A'),
     "the number of rounds is 999999999, and 1000000 is"},
    {"$5$rounds=1000001$abcdefgh$" + kTag43, "the number of rounds is 1000001, and 1000000 is"},
    {"$y$j9T$abcd", "does not go on"},
    {"$y$j9T$abcde$" + kTag43, "does not go on"},
    {"$y$j9T$abcdeA$" + kTag43, "does not go on"},  // bits of the salt that are no byte
    {"$y$j9T$abcdefE$" + kTag43, "does not go on"},
    {"$y$.9T$abcd$" + kTag43, "does not go on"},
    {"$y$jzT$abcd$" + kTag43, "does not go on"},
    {"$y$j9z$abcd$" + kTag43, "does not go on"},
    {"$y$j9T/0$abcd$" + kTag43, "does not go on"},  // further parameters
    {"$y$jDT$abcd$" + kTag43, "the memory in KiB is 262144, and 131072 is the most"},
    {"$y$jST$abcd$" + kTag43, "and 131072 is the most"},
    {"pbkdf2_sha256$", "does not go on"},
    {"pbkdf2_sha256$0$salt$HSey7FcngjryI6f8CQJjaBj6gqHKJRKhLOjPpBahUUY=", "does not go on"},
    {"pbkdf2_sha256$-1$salt$HSey7FcngjryI6f8CQJjaBj6gqHKJRKhLOjPpBahUUY=", "does not go on"},
    {"pbkdf2_sha256$1$$HSey7FcngjryI6f8CQJjaBj6gqHKJRKhLOjPpBahUUY=", "does not go on"},
    {"pbkdf2_sha256$1$" + std::string(129, 's') + "$HSey7FcngjryI6f8CQJjaBj6gqHKJRKhLOjPpBahUUY=",
     "does not go on"},
    {"pbkdf2_sha256$1$salt$HSey7FcngjryI6f8CQJjaBj6gqHKJRKhLOjPpBahUUY", "does not go on"},
    {"pbkdf2_sha256$1000000000$salt$HSey7FcngjryI6f8CQJjaBj6gqHKJRKhLOjPpBahUUY=",
     "is 1000000000, and 2000000 is"},
};

TEST(ImportedPassword, RefusesWhatItCannotVerifyOrWhatCostsTooMuch) {
  for (const auto& row : kRefused) {
    EXPECT_NE(find_imported_fault(row.stored).value_or("no fault").find(row.reason), std::string::npos)
        << row.stored.substr(0, 100) << ": " << find_imported_fault(row.stored).value_or("no fault");
    EXPECT_FALSE(matches_imported("", row.stored)) << row.stored.substr(0, 100);
  }
}

TEST(ImportedPassword, AReasonTellsNoPartOfTheHash) {
  for (const auto& row : kRefused)
    for (const std::string_view secret : {"AAAA", "abcd", "d72S", "HSey", "salt$", "wV4c", "plain"})
      EXPECT_EQ(find_imported_fault(row.stored)->find(secret), std::string::npos)
          << *find_imported_fault(row.stored);
}

template <class Work>
double time_of(Work work) {
  const auto begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

// Whether a password is wrong or its user is not there must not show by a shorter time. Both are measured by
// turns, because a busy machine makes all of it slower for a while.
TEST(ImportedPassword, ARefusalTakesAtLeastAsLongAsAHash) {
  crypto::PasswordHasher hasher({2048, 4, 1});
  for (const auto& row : kMade) {
    if (is_dear(row)) continue;
    double nobody = 1e9;
    double refused = 1e9;
    for (int i = 0; i < 5; ++i) {
      nobody = std::min(nobody, time_of([&] { hasher.verify_nobody("x"); }));
      refused = std::min(refused, time_of([&] { hasher.verify("wrong", row.stored); }));
    }
    EXPECT_GT(refused, 0.6 * nobody) << row.stored;
  }
}

// The same of a right password that is refused all the same.
TEST(ImportedPassword, ARefusedMatchTakesAsLongAsAMismatch) {
  crypto::PasswordHasher hasher({2048, 4, 1});
  for (const auto& row : kMade) {
    if (is_dear(row)) continue;
    const std::string wrong_password(std::max<std::size_t>(row.password.size(), 1), 'w');
    double wrong = 1e9;
    double right = 1e9;
    for (int i = 0; i < 5; ++i) {
      wrong = std::min(wrong, time_of([&] { hasher.verify(wrong_password, row.stored); }));
      right = std::min(right, time_of([&] {
                         hasher.verify(row.password, row.stored);
                         hasher.spend_as_mismatch(row.password, row.stored);
                       }));
    }
    EXPECT_GT(right, 0.6 * wrong) << row.stored;
    EXPECT_LT(right, 1.6 * wrong) << row.stored;
  }
}

// Each of these would take from twice to a million times as long as is allowed.
TEST(ImportedPassword, AHashThatCostsTooMuchIsNotComputed) {
  crypto::PasswordHasher hasher({64, 1, 1});
  const auto begin = std::clock();
  for (const auto& row : kRefused) hasher.verify("wrong", row.stored);
  const auto refused = std::clock() - begin;
  matches_imported("wrong", "$2y$10$" + kSalt22 + kTag31);
  EXPECT_LT(refused, std::clock() - begin - refused);
}

// With a million rounds, a password of 500 bytes would take SHA-256-crypt six seconds.
TEST(ImportedPassword, RoundsTimesTheLengthOfThePasswordAreBounded) {
  const auto time_with = [](std::size_t size) {
    const auto begin = std::clock();
    matches_imported(std::string(size, 'x'), "$5$rounds=1000000$abcdefgh$" + kTag43);
    return std::clock() - begin;
  };
  EXPECT_LT(10 * time_with(65), time_with(8));
  EXPECT_TRUE(matches_imported(kKites, kMade[5].stored));
}

// What follows the 72nd byte may be mistyped, and must not become a part of the password.
TEST(ImportedPassword, AHashThatReadsAPartOfThePasswordIsKept) {
  const std::string stored = "$2y$05$" + kSalt22 + kTag31;
  EXPECT_TRUE(crypto::reads_whole(std::string(72, 'x'), stored));
  EXPECT_FALSE(crypto::reads_whole(std::string(73, 'x'), stored));
  EXPECT_TRUE(crypto::reads_whole(std::string(73, 'x'), kMade[5].stored));
  const crypto::PasswordHasher hasher({64, 1, 1});
  EXPECT_TRUE(hasher.needs_rehash(std::string(72, 'x'), stored));
  EXPECT_FALSE(hasher.needs_rehash(std::string(73, 'x'), stored));
}

TEST(ImportedPassword, TheHasherTakesThemAndWantsThemReplaced) {
  crypto::PasswordHasher hasher({64, 1, 1});
  for (const auto& row : kMade) {
    EXPECT_EQ(hasher.verify(row.password, row.stored), crypto::Verdict::match) << row.stored;
    EXPECT_EQ(hasher.needs_rehash(row.password, row.stored), crypto::reads_whole(row.password, row.stored))
        << row.stored;
    EXPECT_FALSE(hasher.find_fault(row.stored)) << row.stored;
  }
  for (const auto& row : kRefused) {
    EXPECT_EQ(hasher.verify("", row.stored), crypto::Verdict::unusable) << row.stored.substr(0, 100);
    EXPECT_FALSE(hasher.needs_rehash("", row.stored)) << row.stored.substr(0, 100);
    EXPECT_TRUE(hasher.find_fault(row.stored)) << row.stored.substr(0, 100);
  }
}

}  // namespace
