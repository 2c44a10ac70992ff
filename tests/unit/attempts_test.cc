// auth/attempts: which addresses share a counter.
#include "auth/attempts.h"

#include <gtest/gtest.h>

namespace {

TEST(Attempts, AddressesThatShareACounter) {
  struct Row {
    const char *one, *other;
    bool same;
  };
  const Row rows[] = {
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.2", false},
      {"2001:db8::1", "2001:db8::2", true},
      {"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
      {"2001:db8::1", "2001:DB8:0:0:0:0:0:2", true},
      {"2001:db8:0:1::1", "2001:db8:0:2::1", false},
      {"2001:db8::1", "2001:db8:0:1::1", false},
      {"192.0.2.1", "2001:db8::1", false},
      // Texts that are not addresses share one counter, so that none is free of
      // it.
      {"", "unix:", true},
      {"", "192.0.2.1", false},
      {"192.0.2.1/24", "192.0.2.01", true},
      {"unix:", "::", false},
  };
  for (const auto& row : rows)
    EXPECT_EQ(auth::make_address_key(row.one) == auth::make_address_key(row.other), row.same)
        << row.one << " and " << row.other;
}

// A socket for both families shows IPv4 clients as ::ffff:a.b.c.d, a translator
// as 64:ff9b::a.b.c.d: they share no /64 network.
TEST(Attempts, AddressesThatEmbedAnIpv4AddressCountAsThat) {
  for (const std::string prefix : {"::ffff:", "64:ff9b::"}) {
    EXPECT_TRUE(auth::make_address_key(prefix + "192.0.2.1") == auth::make_address_key("192.0.2.1"));
    EXPECT_FALSE(auth::make_address_key(prefix + "192.0.2.1") ==
                 auth::make_address_key(prefix + "192.0.2.2"));
  }
}

}  // namespace
