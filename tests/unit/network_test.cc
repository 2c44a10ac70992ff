// base/network: which texts are addresses and networks, and which networks can be those of proxies.
#include "base/network.h"

#include <gtest/gtest.h>

#include <utility>

namespace {

using namespace std::string_view_literals;

TEST(Network, KnowsWhichAddressesAreIn) {
  const std::pair<std::string_view, std::string_view> inside[] = {{"127.0.0.1", "127.0.0.0/8"},
                                                                  {"127.255.0.9", "127.0.0.0/8"},
                                                                  {"::1", "::1"},
                                                                  {"192.0.2.7", "192.0.2.7"},
                                                                  {"2001:db8::7", "2001:db8::/32"},
                                                                  {"192.0.2.7", "0.0.0.0/0"},
                                                                  {"::ffff:127.0.0.1", "127.0.0.0/8"},
                                                                  {"192.0.2.7", "::ffff:192.0.2.0/120"},
                                                                  {"192.0.2.7", "192.0.2.9/24"}};
  for (const auto& [address, network] : inside)
    EXPECT_TRUE(base::is_in_network(address, network)) << address << " in " << network;
  const std::pair<std::string_view, std::string_view> outside[] = {
      {"128.0.0.1", "127.0.0.0/8"}, {"192.0.2.8", "192.0.2.7"}, {"::2", "::1"},      {"192.0.2.7", "::/0"},
      {"::1", "0.0.0.0/0"},         {"unix:", "0.0.0.0/0"},     {"", "127.0.0.0/8"}, {"127.0.0.1", ""},
      {"::7f00:1", "127.0.0.0/8"},  {"127.0.0.1", "localhost"}};
  for (const auto& [address, network] : outside)
    EXPECT_FALSE(base::is_in_network(address, network)) << address << " in " << network;
}

TEST(Network, KnowsAddressesAndNetworks) {
  for (const auto text : {"192.0.2.7", "0.0.0.0", "::", "::1", "2001:DB8::1", "::ffff:192.0.2.7"}) {
    EXPECT_TRUE(base::is_address(text)) << text;
    EXPECT_TRUE(base::is_network(text)) << text;
  }
  for (const auto text : {"192.0.2.0/24", "0.0.0.0/0", "192.0.2.7/32", "2001:db8::/32", "::/0", "::1/128"}) {
    EXPECT_FALSE(base::is_address(text)) << text;
    EXPECT_TRUE(base::is_network(text)) << text;
  }
  for (const auto text : {""sv,
                          "localhost"sv,
                          "256.0.0.1"sv,
                          "192.0.2"sv,
                          "192.0.2.07"sv,
                          "192.0.2.7:80"sv,
                          "[::1]"sv,
                          "::g"sv,
                          "fe80::1%lo"sv,
                          "192.0.2.0/"sv,
                          "192.0.2.0/33"sv,
                          "192.0.2.0/-1"sv,
                          "192.0.2.0/08"sv,
                          "192.0.2.0/24/1"sv,
                          "192.0.2.0/255.255.255.0"sv,
                          "/8"sv,
                          "::/129"sv,
                          "192.0.2.7;"sv,
                          " ::1"sv,
                          "192.0.2.7\0"sv,
                          "192.0.2.0\0x/24"sv}) {
    EXPECT_FALSE(base::is_address(text)) << text;
    EXPECT_FALSE(base::is_network(text)) << text;
  }
}

TEST(Network, SaysWhatToWriteInPlaceOfOneThatProxiesCannotHave) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"10.1.2.3/8", "write 10.0.0.0/8 for the network, or 10.1.2.3 for this address alone"},
      {"192.0.2.129/25", "write 192.0.2.128/25 for the network, or 192.0.2.129 for"},
      {"192.0.2.1/31", "write 192.0.2.0/31 for"},
      {"2001:db8:ffff::/33", "write 2001:db8:8000::/33 for the network, or 2001:db8:ffff:: for"},
      {"2001:db8::1/127", "write 2001:db8::/127 for the network, or 2001:db8::1 for"},
      {"::ffff:10.1.2.3", "an IPv4 address in the form of an IPv6 address; write 10.1.2.3"},
      {"::ffff:10.1.2.3/104", "write 10.0.0.0/8"},
      {"::ffff:0:0/96", "strangers"},
      {"0.0.0.0/0", "strangers"},
      {"128.0.0.0/1", "strangers"},
      {"10.0.0.0/7", "strangers"},
      {"::ffff:10.0.0.0/103", "strangers"},
      {"::/0", "strangers"},
      {"2000::/3", "strangers"},
      {"2000::/7", "strangers"},
      {"2a00::/12", "strangers"},
      {"2001::/15", "strangers"},
      {"fc00::/6", "strangers"},
      {"fe80::/9", "strangers"}};
  for (const auto& [network, words] : rows)
    EXPECT_NE(base::find_network_fault(network).find(words), std::string::npos)
        << network << ": " << base::find_network_fault(network);
}

TEST(Network, FindsNoFaultInNetworksOfProxies) {
  for (const auto network : {"192.0.2.7", "192.0.2.7/32", "192.0.2.0/31", "10.0.0.0/8", "172.16.0.0/12",
                             "127.0.0.0/8", "fc00::/7", "fc00::/8", "fd00::/8", "fe80::/10", "2001::/16",
                             "2001:db8::/32", "2001:db8::1", "2001:db8::1/128", "::1"})
    EXPECT_EQ(base::find_network_fault(network), "") << network;
}

}  // namespace
