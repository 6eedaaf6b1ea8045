// JSON as it is written: read back by another reader.
#include "experiments/lab/json.h"

#include <limits>
#include <stdexcept>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace dualtape::lab {
namespace {

TEST_CASE("objects, lists and scalars read back as they were added") {
    Json json;
    json.add("text", "tab\t, quote \" and \u00fc")
        .add("count", 7)
        .add("small", 1e-300)
        .add("third", 1.0 / 3)
        .add("yes", true)
        .add("list", Json::list(std::vector<double>{1, 0.5, -2}))
        .add("empty", Json::list())
        .add("none", Json());
    Json rows = Json::list();
    for (int i = 0; i < 2; ++i) rows.add(Json().add("neuron", i));
    json.add("rows", rows);
    const auto read = nlohmann::json::parse(json.text());
    CHECK(read["text"] == "tab\t, quote \" and \u00fc");
    CHECK(read["count"] == 7);
    CHECK(read["small"].get<double>() == 1e-300);
    CHECK(read["third"].get<double>() == 1.0 / 3);
    CHECK(read["yes"] == true);
    CHECK(read["list"] == std::vector<double>{1, 0.5, -2});
    CHECK(read["empty"].is_array());
    CHECK(read["empty"].empty());
    CHECK(read["none"].is_object());
    CHECK(read["rows"][1]["neuron"] == 1);
    // Members keep their order.
    CHECK(json.text().find("text") < json.text().find("count"));
}

TEST_CASE("numbers that JSON does not have are words, and bytes that are no text are replaced") {
    Json json;
    json.add("nan", std::numeric_limits<double>::quiet_NaN())
        .add("inf", -std::numeric_limits<double>::infinity())
        .add("bytes", std::string("a\xff"));
    const auto read = nlohmann::json::parse(json.text());
    CHECK(read["nan"] == "nan");
    CHECK(read["inf"] == "-inf");
    CHECK(read["bytes"] == "a\uFFFD");
}

TEST_CASE("members cannot be added twice, nor to what has none") {
    Json json;
    json.add("a", 1);
    CHECK_THROWS_AS(json.add("a", 2), std::logic_error);
    CHECK_THROWS_AS(json.add(Json(2)), std::logic_error);
    CHECK_THROWS_AS(Json::list().add("a", 1), std::logic_error);
    CHECK_THROWS_AS(Json(1).add("a", 1), std::logic_error);
}

}  // namespace
}  // namespace dualtape::lab
