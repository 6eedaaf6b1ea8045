// Spectra of subsets against dense Hessians of the same samples.
#include "experiments/analyses/curvature/subset_spectra.h"

#include <cmath>

#include <doctest/doctest.h>

#include "engine/curvature/dense.h"
#include "engine/curvature/point_operator.h"
#include "experiments/pairs/pair_classifier.h"
#include "models/initialise.h"

namespace dualtape::analyses {

using namespace dualtape::pairs;

TEST_CASE("each subset is measured on its own samples, and equal parts average to the whole") {
    const pairs::Task task = pairs::make_task({.p = 6});
    models::MlpSettings network;
    network.modulus = network.num_classes = 6;
    network.width = 4;
    const PairClassifier<double> net(network, task, pairs::make_split(task, {.train_fraction = 1}));
    const Vec<double> theta = 3 * models::initialise<double>(net.parameters(), {}, 3);
    Workspace<double> work(net.model(), 1);
    const Batch<double> batch = net.batch(study::Part::train);
    std::vector<Mat<double>> matrices;
    int calls = 0;
    const auto measure = [&](const Point<double>& point) {
        const curvature::PointOperator<double> hessian(point);
        matrices.push_back(curvature::dense_matrix(hessian).matrix);
        Spectrum spectrum;
        spectrum.status = ++calls == 3 ? "cancelled" : "converged";
        return spectrum;
    };
    const Mat<double> whole = curvature::dense_matrix(curvature::PointOperator<double>(
                                                          net.model().at(work, theta, batch)))
                                  .matrix;
    const auto parts = curvature::disjoint_subsets(36, 2, 5);
    CHECK(measure_subset_spectra(net.model(), work, theta, batch, parts, measure).size() == 2);
    REQUIRE(matrices.size() == 2);
    CHECK((matrices[0] - matrices[1]).norm() > 0.1 * whole.norm());
    CHECK((0.5 * (matrices[0] + matrices[1]) - whole).norm() <= 1e-14 * whole.norm());

    const auto stopped = measure_subset_spectra(net.model(), work, theta, batch,
                                                curvature::random_subsets(36, 9, 4, 1), measure);
    REQUIRE(stopped.size() == 1);
    CHECK(stopped.back().is_cancelled());
}

TEST_CASE("mean, deviation and standard error of subsets by hand") {
    const SubsetNumbers numbers = subset_numbers({1, 2, 3, 6});
    CHECK(numbers.mean == 3);
    CHECK(numbers.sd == doctest::Approx(std::sqrt(14.0 / 3)).epsilon(1e-14));
    CHECK(numbers.standard_error == doctest::Approx(std::sqrt(14.0 / 12)).epsilon(1e-14));
    CHECK(std::isnan(subset_numbers({1}).sd));
}

}  // namespace dualtape::analyses
