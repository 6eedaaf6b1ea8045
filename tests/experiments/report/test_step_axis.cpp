// Step axes show the points of their lines, wherever these lie.
#include "experiments/report/step_axis.h"

#include <doctest/doctest.h>

namespace dualtape::report {

namespace {

lab::Scale scale_of(const std::vector<std::vector<double>>& lines) {
    lab::Figure figure;
    lab::Panel& panel = figure.add_panel({});
    for (const std::vector<double>& steps : lines)
        panel.series.push_back({.x = steps, .y = std::vector<double>(steps.size(), 1)});
    return step_axis(figure).scale;
}

}  // namespace

TEST_CASE("steps at even distances are linear, as a logarithm would push them to one end") {
    CHECK(scale_of({{0, 250, 500, 750, 1000, 1250, 1500}}) == lab::Scale::linear);
    CHECK(scale_of({{0, 10, 20, 30, 40}}) == lab::Scale::linear);
    CHECK(scale_of({{1, 101, 201, 301, 401}}) == lab::Scale::linear);
    CHECK(scale_of({{0, 500000, 1000000}}) == lab::Scale::linear);
}

TEST_CASE("steps that grow are logarithmic, and so are dense logs") {
    CHECK(scale_of({{0, 2, 6, 16, 39, 97, 241, 601, 1500}}) == lab::Scale::symlog);
    CHECK(scale_of({{0, 2, 6, 16, 39, 97, 241, 601, 1500}, {0, 50, 100, 150, 200, 1500}}) ==
          lab::Scale::symlog);
    CHECK(scale_of({{0, 1, 2, 3, 4, 5, 6}}) == lab::Scale::symlog);
    CHECK(scale_of({}) == lab::Scale::symlog);
    CHECK(scale_of({{40}}) == lab::Scale::symlog);
}

}  // namespace dualtape::report
