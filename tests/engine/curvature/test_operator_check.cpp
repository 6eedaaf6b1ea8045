// The check of an operator: what passes, and every kind of trouble planted.
#include "engine/curvature/operator_check.h"

#include <limits>

#include <doctest/doctest.h>

#include "engine/curvature/point_operator.h"
#include "tests/engine/curvature/spectra.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::curvature;
using namespace dualtape::testing;

TEST_CASE("every curvature matrix of every network passes, in double and in float") {
    for (const Network& candidate : all_networks()) {
        Setup<double> net(candidate, 25);
        Setup<float> narrow(candidate, 25);
        const Point<double> point = net.at();
        const Point<float> other = narrow.at();
        for (const std::string& word : curvature_matrix_words()) {
            const CurvatureMatrix kind = curvature_matrix(word);
            const bool has_loss_op = !net.model.plan().loss_ops().empty();
            if (!has_loss_op && kind != CurvatureMatrix::hessian) continue;
            INFO(candidate.name, ", ", word);
            const OperatorCheck check = check_operator(PointOperator<double>(point, kind), 3);
            CHECK(text(check.status) == std::string("passed"));
            CHECK(check.noise < 1e-14);
            CHECK(check.products == 6);
            const OperatorCheck single = check_operator(PointOperator<float>(other, kind), 3);
            CHECK(text(single.status) == std::string("passed"));
            CHECK(single.noise < 1e-5);
            CHECK(single.noise > 1e-9);
        }
    }
}

TEST_CASE("trouble that is planted is found") {
    const Mat<double> a = tests::with_spectrum(tests::network_like_values(50, 1), 1);
    const auto status = [](const auto& matrix) { return check_operator(matrix, 7).status; };
    CHECK(status(DenseOperator<double>(a)) == OperatorStatus::passed);
    CHECK(status(DenseOperator<double>(Mat<double>::Zero(50, 50))) == OperatorStatus::zero);
    CHECK(status(DenseOperator<double>(Mat<double>(0, 0))) == OperatorStatus::zero);

    Mat<double> broken = a;
    broken(3, 4) += 1e-6 * a.norm();
    CHECK(status(DenseOperator<double>(broken)) == OperatorStatus::asymmetric);
    broken(3, 4) = std::numeric_limits<double>::quiet_NaN();
    CHECK(status(DenseOperator<double>(broken)) == OperatorStatus::nonfinite);

    double drift = 1;
    const FunctionOperator<double> drifting(50, [&](In<Mat<double>> v, Out<Mat<double>> av) {
        av = drift * (a * v);
        drift *= 1 + 1e-12;
    });
    CHECK(status(drifting) == OperatorStatus::not_repeatable);

    // Products rounded to float: the noise is theirs, 2^-24 per entry.
    const FunctionOperator<double> rounded(50, [&](In<Mat<double>> v, Out<Mat<double>> av) {
        av = (a * v).cast<float>().cast<double>();
    });
    const OperatorCheck check = check_operator(rounded, 7);
    CHECK(check.status == OperatorStatus::asymmetric);
    CHECK(check.noise > 1e-9);
    CHECK(check.noise < 2e-7);
}
