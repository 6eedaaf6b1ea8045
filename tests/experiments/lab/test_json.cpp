// JSON as text: its layout, and what is read back.
#include "experiments/lab/json.h"

#include <limits>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace dualtape::lab {
namespace {

TEST_CASE("members keep their order, lists of scalars one line, numbers the digits of tables") {
    const Json json = {{"text", "tab\t, quote \" and \u00fc"},
                       {"count", 7},
                       {"small", 1e-300},
                       {"third", 1.0 / 3},
                       {"whole", 2.0},
                       {"yes", true},
                       {"list", {1.0, 0.5, -2.0}},
                       {"empty", Json::array()},
                       {"none", Json::object()},
                       {"rows", {{{"neuron", 0}}, {{"neuron", 1}, {"parts", {"x", "y", "z"}}}}}};
    CHECK(json_text(json) == R"({
  "text": "tab\t, quote \" and ü",
  "count": 7,
  "small": 1e-300,
  "third": 0.3333333333333333,
  "whole": 2,
  "yes": true,
  "list": [1, 0.5, -2],
  "empty": [],
  "none": {},
  "rows": [
    {
      "neuron": 0
    },
    {
      "neuron": 1,
      "parts": ["x", "y", "z"]
    }
  ]
}
)");
    CHECK(Json::parse(json_text(json))["third"].get<double>() == 1.0 / 3);
}

TEST_CASE("numbers that JSON does not have are words, and bytes that are no text are replaced") {
    Json json = {{"nan", std::numeric_limits<double>::quiet_NaN()},
                 {"inf", -std::numeric_limits<double>::infinity()}};
    json["b\xff"] = "a\xff";
    const Json read = Json::parse(json_text(json));
    CHECK(read["nan"] == "nan");
    CHECK(read["inf"] == "-inf");
    CHECK(read["b\uFFFD"] == "a\uFFFD");
}

}  // namespace
}  // namespace dualtape::lab
