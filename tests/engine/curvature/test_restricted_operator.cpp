// Restrictions against blocks of the dense matrix.
#include "engine/curvature/restricted_operator.h"

#include <doctest/doctest.h>

#include "engine/curvature/dense.h"
#include "engine/curvature/dense_spectrum.h"
#include "engine/curvature/lanczos.h"
#include "engine/curvature/parameter_indices.h"
#include "engine/curvature/point_operator.h"
#include "tests/engine/curvature/spectra.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::curvature;
using namespace dualtape::testing;

TEST_CASE("restricting to an index set picks these rows and columns, for any block width") {
    const Mat<double> a = tests::with_spectrum(tests::network_like_values(60, 1), 1);
    const DenseOperator<double> whole(a);
    const IndexSet indices{0, 3, 4, 17, 18, 42, 59};
    const RestrictedOperator<double> part(whole, indices);
    REQUIRE(part.rows() == 7);
    const Mat<double> block = a(indices, indices);
    for (const Index width : {1, 5, 2}) {
        const Mat<double> v = uniform_matrix(7, width, 3);
        Mat<double> av(7, width);
        part.apply(v, av);
        CHECK(relative_error(av, (block * v).eval()) < 1e-14);
    }
    CHECK(whole.products() == 8);
    const Mat<double> v = uniform_matrix(7, 2, 4);
    const Mat<double> wide = part.extend(v);
    CHECK(wide.rows() == 60);
    CHECK(wide.norm() == doctest::Approx(v.norm()));
    CHECK(part.reduce(wide) == v);
}

TEST_CASE("Lanczos on a layer and on a neuron finds the spectrum of their block of the Hessian") {
    Setup<double> net(network("mlp tanh"), 40);
    const PointOperator<double> hessian(net.at());
    const Mat<double> dense = dense_matrix(hessian).matrix;
    const Plan<double>& plan = net.model.plan();
    for (const IndexSet& indices :
         {join({parameter_indices(plan, "w1"), parameter_indices(plan, "b1")}),
          neuron_indices(plan, "w1", "b1", 2)}) {
        const RestrictedOperator<double> part(hessian, indices);
        LanczosSettings<double> settings;
        settings.largest = settings.smallest = 2;
        const auto found = lanczos(part, settings);
        CHECK(found.status == LanczosStatus::converged);
        const Vec<double> values = dense_spectrum(dense(indices, indices)).values;
        CHECK(std::abs(found.largest[0].value - values[values.size() - 1]) <
              1e-12 * found.norm + found.largest[0].bound);
        CHECK(std::abs(found.smallest[1].value - values[1]) <
              1e-12 * found.norm + found.smallest[1].bound);
        CHECK(found.largest_vectors.rows() == part.rows());
    }
}

TEST_CASE("a quadratic form of a block is one of the whole matrix, not a product") {
    Setup<double> net(network("mlp tanh"), 40);
    const PointOperator<double> hessian(net.at());
    const IndexSet indices = parameter_indices(net.model.plan(), "w1");
    const RestrictedOperator<double> part(hessian, indices);
    const Mat<double> v = uniform_matrix(part.rows(), 3, 5);
    const Vec<double> forms = part.quadratic(v);
    CHECK(hessian.products() == 0);
    CHECK(hessian.quadratics() == 3);
    Mat<double> av(part.rows(), 3);
    part.apply(v, av);
    const Vec<double> expected = v.cwiseProduct(av).colwise().sum().transpose();
    CHECK(relative_error(forms, expected) < 1e-13);
    CHECK(hessian.products() == 3);
}

TEST_CASE("a restriction in float, and a restriction of a restriction") {
    const DenseOperator<float> whole(Vec<float>::LinSpaced(10, 0, 9).asDiagonal());
    const RestrictedOperator<float> odd(whole, {1, 3, 5, 7, 9});
    const RestrictedOperator<float> last(odd, {3, 4});
    Mat<float> av(2, 1);
    last.apply(Mat<float>::Ones(2, 1), av);
    CHECK(av(0, 0) == 7);
    CHECK(av(1, 0) == 9);
    CHECK_THROWS_WITH_AS(RestrictedOperator<float>(odd, {4, 5}),
                         "restricted operator: index 5 is not within 0 .. 4",
                         std::invalid_argument);
}
