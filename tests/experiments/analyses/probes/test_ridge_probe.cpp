#include "experiments/analyses/probes/ridge_probe.h"

#include <cmath>
#include <stdexcept>

#include <doctest/doctest.h>
#include <Eigen/QR>

#include "tests/support/random.h"

namespace dualtape::analyses {

namespace {

// Least squares of the samples and of sqrt(penalty) times the weights, by Householder reflections:
// loses half as many digits as the normal equations. K x (F + 1), the intercepts last.
Mat<double> brute_force(const Mat<double>& x, const Mat<double>& y, double penalty) {
    const Index f = x.rows(), n = x.cols();
    Mat<double> rows = Mat<double>::Zero(n + f, f + 1), right = Mat<double>::Zero(n + f, y.rows());
    rows.topLeftCorner(n, f) = x.transpose();
    rows.col(f).head(n).setOnes();
    rows.bottomLeftCorner(f, f).diagonal().setConstant(std::sqrt(penalty));
    right.topRows(n) = y.transpose();
    return rows.colPivHouseholderQr().solve(right).transpose();
}

Mat<double> without(const Mat<double>& m, Index column) {
    Mat<double> rest(m.rows(), m.cols() - 1);
    rest << m.leftCols(column), m.rightCols(m.cols() - column - 1);
    return rest;
}

}  // namespace

TEST_CASE("ridge equals penalised least squares, with more features than samples too") {
    for (const auto& row : {std::pair<Index, Index>{6, 30}, {12, 9}, {1, 2}, {7, 8}}) {
        const auto& f = std::get<0>(row);
        const auto& n = std::get<1>(row);
        Mat<double> x = testing::uniform_matrix(f, n, 1);
        x.array() += 3;
        const Mat<double> y = testing::uniform_matrix(3, n, 2);
        const RidgeDecomposition decomposition = decompose(x);
        for (const double penalty : {1e-2, 1.0, 1e4}) {
            INFO(f, " features of ", n, " samples, penalty ", penalty);
            const RidgeProbe probe = fit_ridge(decomposition, y, penalty);
            const Mat<double> expected = brute_force(x, y, penalty);
            CHECK((probe.weights - expected.leftCols(f)).norm() < 1e-10);
            CHECK((probe.intercepts - expected.col(f)).norm() < 1e-10);
        }
    }
}

TEST_CASE("leave-one-out in closed form equals leaving each sample out") {
    for (const auto& row : {std::pair<Index, Index>{5, 25}, {12, 9}, {1, 3}, {8, 9}, {7, 9}}) {
        const auto& f = std::get<0>(row);
        const auto& n = std::get<1>(row);
        Mat<double> x = testing::uniform_matrix(f, n, 3);
        x.row(0).array() -= 2;
        const Mat<double> y = testing::uniform_matrix(2, n, 4);
        const RidgeDecomposition decomposition = decompose(x);
        for (const double penalty : {1e-3, 1.0, 1e4}) {
            INFO(f, " features of ", n, " samples, penalty ", penalty);
            const Mat<double> left_out = leave_one_out(decomposition, y, penalty);
            for (Index i = 0; i < n; ++i) {
                const Mat<double> probe = brute_force(without(x, i), without(y, i), penalty);
                const Vec<double> expected = probe.leftCols(f) * x.col(i) + probe.col(f);
                CHECK((left_out.col(i) - expected).norm() < 1e-10);
            }
        }
    }
}

TEST_CASE("a scan holds both R^2 of every target and penalty, and the best") {
    const Mat<double> x = testing::uniform_matrix(4, 30, 5);
    Mat<double> y = testing::uniform_matrix(3, 30, 6);
    y.row(1) = x.row(0) + 0.1 * y.row(1);
    y.row(2).setConstant(7);
    const RidgeDecomposition decomposition = decompose(x);
    const std::vector<double> penalties = default_penalties();
    REQUIRE(penalties.size() == 10);
    CHECK(penalties.front() == doctest::Approx(1e-4).epsilon(1e-14));
    CHECK(penalties.back() == doctest::Approx(1e4).epsilon(1e-14));
    const RidgeScan scan = scan_ridge(decomposition, y, penalties, 1);
    for (Index at = 0; at < 10; ++at) {
        const double penalty = penalties[static_cast<std::size_t>(at)];
        const Mat<double> fit = predict(fit_ridge(decomposition, y, penalty), x);
        const Mat<double> left_out = leave_one_out(decomposition, y, penalty);
        for (Index k = 0; k < 2; ++k) {
            const double mean = y.row(k).mean();
            double total = 0, others = 0;
            for (Index i = 0; i < 30; ++i) {
                const double mean_of_others = (30 * mean - y(k, i)) / 29;
                total += std::pow(y(k, i) - mean, 2);
                others += std::pow(y(k, i) - mean_of_others, 2);
            }
            CHECK(
                scan.fitted(k, at) ==
                doctest::Approx(1 - (y.row(k) - fit.row(k)).squaredNorm() / total).epsilon(1e-11));
            CHECK(std::abs(scan.left_out(k, at) -
                           (1 - (y.row(k) - left_out.row(k)).squaredNorm() / others)) < 1e-11);
            CHECK(scan.left_out(k, at) <= scan.best_r2[k]);
        }
        CHECK(std::isnan(scan.left_out(2, at)));
    }
    CHECK(scan.best_r2[1] > 0.9);
    CHECK(scan.best_r2[0] < 0.2);
    // With an infinite penalty the probe is the mean of the others, which scores 0.
    CHECK(std::abs(scan_ridge(decomposition, y.topRows(2), {1e14}, 1).left_out(0, 0)) < 1e-11);
    const RidgeScan threads = scan_ridge(decomposition, y, penalties, 3);
    CHECK(threads.left_out.topRows(2) == scan.left_out.topRows(2));
    CHECK(threads.best == scan.best);
}

TEST_CASE("collinear and constant features do no harm") {
    Mat<double> x = testing::uniform_matrix(4, 20, 7);
    x.row(2) = 2 * x.row(1);
    x.row(3).setConstant(5);
    const Mat<double> y = testing::uniform_matrix(1, 20, 8);
    const RidgeProbe probe = fit_ridge(decompose(x), y, 1e-3);
    CHECK((probe.weights - brute_force(x, y, 1e-3).leftCols(4)).norm() < 1e-9);
    CHECK(std::abs(probe.weights(0, 3)) < 1e-9);
}

TEST_CASE("ridge refuses what has no answer") {
    const RidgeDecomposition decomposition = decompose(testing::uniform_matrix(2, 5, 9));
    const Mat<double> y = Mat<double>::Zero(1, 5);
    CHECK_THROWS_AS(fit_ridge(decomposition, y, 0), std::invalid_argument);
    CHECK_THROWS_AS(fit_ridge(decomposition, Mat<double>::Zero(1, 4), 1), std::invalid_argument);
    CHECK_THROWS_AS(scan_ridge(decomposition, y, {}, 1), std::invalid_argument);
    CHECK_THROWS_AS(decompose(Mat<double>::Zero(2, 1)), std::invalid_argument);
    CHECK_THROWS_AS(decompose(Mat<double>::Constant(2, 3, INFINITY)), std::invalid_argument);
    CHECK_THROWS_AS(predict(fit_ridge(decomposition, y, 1), Mat<double>::Zero(3, 1)),
                    std::invalid_argument);
}

}  // namespace dualtape::analyses
