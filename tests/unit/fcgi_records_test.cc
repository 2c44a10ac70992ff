// http/fcgi_records: which bytes are a request, the beginning of one, or refused; requests are cut at every
// byte.
#include "http/fcgi_records.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using http::RecordState;

std::string record(char type, const std::string& content, char id = 1, unsigned char padding = 0) {
  std::string bytes{1, type, 0, id};
  bytes += static_cast<char>(content.size() >> 8);
  bytes += static_cast<char>(content.size() & 0xFF);
  bytes += static_cast<char>(padding);
  bytes += '\0';
  return bytes + content + std::string(padding, '\0');
}

std::string begin(char role = 1, char id = 1) {
  return record(1, std::string{0, role, 1, 0, 0, 0, 0, 0}, id);
}

const std::string kPair = std::string{1, 1} + "ab";

std::string request(const std::string& parameters = kPair, const std::string& body = "") {
  return begin() + record(4, parameters) + (parameters.empty() ? "" : record(4, "")) +
         (body.empty() ? "" : record(5, body)) + record(5, "");
}

RecordState inspect(const std::string& bytes) {
  return http::inspect_records(std::as_bytes(std::span(bytes)));
}

TEST(FcgiRecords, IsCompleteOnlyAtItsLastByte) {
  for (const auto& whole : {request(), request(kPair, "body"), request("")}) {
    EXPECT_EQ(inspect(whole), RecordState::complete);
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_EQ(inspect(whole.substr(0, size)), RecordState::incomplete) << size;
  }
}

TEST(FcgiRecords, TakesAnySplitOfTheStreams) {
  std::string bytes = begin();
  for (const char c : kPair) bytes += record(4, std::string(1, c), 1, 255);
  bytes += record(4, "") + record(5, "b", 1, 1) + record(5, "");
  EXPECT_EQ(inspect(bytes), RecordState::complete);
}

TEST(FcgiRecords, RefusesWhatIsNoRequest) {
  const std::string rows[] = {
      std::string(1, '\2'),             // another version
      std::string{1, 9},                // a management record
      std::string{1, 4},                // parameters before BEGIN_REQUEST
      begin(3),                         // filter
      begin(99),                        // a role that does not exist
      begin(1, 0),                      // the null request id
      record(1, std::string(7, '\0')),  // a BEGIN_REQUEST that is too short
      begin() + begin(),                // two BEGIN_REQUEST
      begin() + record(9, ""),          // a management record inside
      begin() + record(2, ""),          // abort
      begin() + record(5, ""),          // body before the parameters end
      begin() + record(4, kPair, 2),    // parameters of another request
      request() + "x",                  // more than one request
      request() + request(),
      begin() + record(4, "", 1, 3),                // padding that libfcgi does not skip
      request(std::string{5, 1} + "ab"),            // length past the end
      request(std::string{1}),                      // the second length is missing
      request("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),  // lengths whose sum overflows
      request("\x80"),                              // a length that is cut off
  };
  for (const auto& row : rows) EXPECT_EQ(inspect(row), RecordState::refused) << "row " << &row - rows;
}

TEST(FcgiRecords, IsCompleteAtTheEndOfItsParametersForARoleWithoutABody) {
  const std::string whole = begin(2) + record(4, kPair) + record(4, "");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(inspect(whole.substr(0, size)), RecordState::incomplete) << size;
  for (const auto& rest :
       {std::string(), record(5, ""), record(5, "body"), record(5, "body").substr(0, 9), request()})
    EXPECT_EQ(inspect(whole + rest), RecordState::complete);
  EXPECT_EQ(inspect(begin(2) + record(5, "")), RecordState::refused);
  EXPECT_EQ(inspect(begin(2) + record(4, std::string{5, 1} + "ab") + record(4, "")), RecordState::refused);
}

TEST(FcgiRecords, BoundsTheParameters) {
  std::string bytes = begin();
  for (int i = 0; i < 3; ++i) bytes += record(4, std::string(30000, 'x'));
  EXPECT_EQ(inspect(bytes), RecordState::refused);
}

}  // namespace
