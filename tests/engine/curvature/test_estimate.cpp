// Means with errors against hand-made samples, quantiles against tables.
#include "engine/curvature/estimate.h"

#include <cmath>
#include <utility>

#include <doctest/doctest.h>

using namespace dualtape;
using namespace dualtape::curvature;

TEST_CASE("the mean of samples and its standard error") {
    Vec<double> samples(4);
    samples << 1, 3, 5, 7;
    const Estimate estimate = mean_estimate(samples);
    CHECK(estimate.value == 4);
    CHECK(estimate.standard_error == doctest::Approx(std::sqrt(20.0 / 3 / 4)).epsilon(1e-15));
    CHECK(mean_estimate(samples.head(1)).value == 1);
    CHECK(std::isnan(mean_estimate(samples.head(1)).standard_error));
    CHECK(std::isnan(mean_estimate(samples.head(0)).value));
}

TEST_CASE("quantiles of Student's t are those of the tables") {
    const std::pair<Index, double> table[] = {{1, 12.70620},  {2, 4.302653},  {3, 3.182446},
                                              {4, 2.776445},  {5, 2.570582},  {7, 2.364624},
                                              {15, 2.131450}, {47, 2.011741}, {1000, 1.962339}};
    for (const auto& row : table) {
        const auto& degrees = std::get<0>(row);
        const auto& quantile = std::get<1>(row);
        CHECK(student_quantile(degrees) == doctest::Approx(quantile).epsilon(2e-3));
    }
    CHECK(student_quantile(15) == doctest::Approx(2.131450).epsilon(1e-5));
    CHECK(std::isnan(student_quantile(0)));
}
