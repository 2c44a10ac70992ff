// base/html: text in HTML pages.
#include "base/html.h"

#include <gtest/gtest.h>

namespace {

TEST(Html, EscapesAllThatIsNotPlain) {
  EXPECT_EQ(base::escape_html(""), "");
  EXPECT_EQ(base::escape_html("ada.l+1@example-x_y 2"), "ada.l+1@example-x_y 2");
  EXPECT_EQ(base::escape_html("<b a='\"&$\n"), "&#60;b a&#61;&#39;&#34;&#38;&#36;&#10;");
  EXPECT_EQ(base::escape_html("J\u00F6rg \u20AC \U0001F600"), "J&#246;rg &#8364; &#128512;");
}

TEST(Html, IsEmptyForWhatIsNotUtf8) {
  EXPECT_EQ(base::escape_html("a\xFF"), "");
  EXPECT_EQ(base::escape_html("\xC3"), "");
}

}  // namespace
