// The curvature matrices of a point as operators: kinds, words, dense spectra, Spectra, threads.
#include "engine/curvature/point_operator.h"

#include <cmath>

#include <Spectra/SymEigsSolver.h>
#include <doctest/doctest.h>

#include "engine/curvature/dense_spectrum.h"
#include "engine/curvature/lanczos.h"
#include "tests/engine/curvature/dense_curvature.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::curvature;
using namespace dualtape::testing;
using dualtape::tests::dense_curvature;

TEST_CASE("Lanczos on a network equals the dense spectrum, for every curvature matrix") {
    Setup<double> net(network("mlp tanh"), 50);
    const Point<double> point = net.at();
    for (const std::string& word : curvature_matrix_words()) {
        INFO(word);
        const CurvatureMatrix kind = curvature_matrix(word);
        const bool is_indefinite =
            kind == CurvatureMatrix::hessian || kind == CurvatureMatrix::residual;
        const PointOperator<double> matrix(point, kind);
        const DenseMatrix dense = dense_matrix(matrix);
        CHECK(dense.asymmetry < 1e-15);
        const Vec<double> values = dense_spectrum(dense.matrix).values;
        LanczosSettings<double> settings;
        settings.largest = 6;
        settings.smallest = is_indefinite ? 4 : 0;
        const Eigenpairs<double> found = lanczos(matrix, settings);
        CHECK(found.status == LanczosStatus::converged);
        for (std::size_t i = 0; i < found.largest.size(); ++i) {
            const double truth = values[values.size() - 1 - static_cast<Index>(i)];
            CHECK(std::abs(found.largest[i].value - truth) <= found.largest[i].bound + 1e-13);
        }
        for (std::size_t i = 0; i < found.smallest.size(); ++i) {
            CHECK(std::abs(found.smallest[i].value - values[static_cast<Index>(i)]) <=
                  found.smallest[i].bound + 1e-13);
        }
        if (!is_indefinite) CHECK(values[0] > -1e-14 * values[values.size() - 1]);
        CHECK(matrix.products() >= found.products + found.check_products);
    }
}

TEST_CASE("the exact Fisher is Gauss-Newton, and the residual is the Hessian without it") {
    for (const char* name : {"mlp gelu", "regression over positions"}) {
        INFO(name);
        Setup<double> net(network(name), 12);
        const Point<double> point = net.at();
        const Mat<double> g = dense_curvature(point, CurvatureMatrix::gauss_newton);
        CHECK(same_bits(dense_curvature(point, CurvatureMatrix::fisher), g));
        const Mat<double> rest = dense_curvature(point, CurvatureMatrix::hessian) - g;
        CHECK(relative_error(dense_curvature(point, CurvatureMatrix::residual), rest) < 1e-14);
        CHECK(rest.norm() > 0.01 * g.norm());  // there is something to tell apart
    }
}

TEST_CASE("the empirical Fisher is the mean of outer products of slopes") {
    Setup<double> net(network("mlp tanh"), 9);
    const Point<double> point = net.at();
    Mat<double> slopes(9, net.size());
    point.loss_slopes(Mat<double>::Identity(net.size(), net.size()), slopes);
    const Mat<double> expected = slopes.transpose() * slopes / 9;
    CHECK(relative_error(dense_curvature(point, CurvatureMatrix::fisher_empirical), expected) <
          1e-13);
}

TEST_CASE("words name the matrices, and an unknown word is refused with all of them") {
    CHECK(curvature_matrix_words().size() == 6);
    for (const std::string& word : curvature_matrix_words()) {
        CHECK(text(curvature_matrix(word)) == word);
    }
    CHECK(text(CurvatureMatrix::residual) == std::string("residual"));
    CHECK_THROWS_WITH_AS(curvature_matrix("gauss"),
                         "the curvature matrix \"gauss\" is unknown; choose one of hessian, ggn, "
                         "fisher, fisher-mc, empirical, residual",
                         std::invalid_argument);
}

TEST_CASE("products in float are those of double to float's precision") {
    Setup<double> net(network("mlp tanh"), 20);
    Setup<float> narrow(network("mlp tanh"), 20);
    const Point<double> point = net.at();
    const Point<float> other = narrow.at();
    const Mat<double> v = directions(net.size(), 3);
    for (const std::string& word : curvature_matrix_words()) {
        INFO(word);
        // A label drawn near the edge between two classes may differ between the scalars.
        if (curvature_matrix(word) == CurvatureMatrix::fisher_sampled) continue;
        Mat<double> av(v.rows(), 3);
        Mat<float> narrow_av(v.rows(), 3);
        PointOperator<double>(point, curvature_matrix(word)).apply(v, av);
        PointOperator<float>(other, curvature_matrix(word)).apply(v.cast<float>(), narrow_av);
        CHECK(relative_error(av, narrow_av) < 1e-5);
    }
}

TEST_CASE("the operator drops into Spectra unchanged") {
    Setup<double> net(network("mlp tanh"), 50);
    PointOperator<double> matrix(net.at());
    Spectra::SymEigsSolver<PointOperator<double>> solver(matrix, 3, 20);
    solver.init();
    solver.compute(Spectra::SortRule::LargestAlge, 1000, 1e-10);
    LanczosSettings<double> settings;
    settings.largest = 3;
    settings.smallest = 0;
    const Eigenpairs<double> found = lanczos(matrix, settings);
    for (Index i = 0; i < 3; ++i) {
        CHECK(found.largest[static_cast<std::size_t>(i)].value ==
              doctest::Approx(solver.eigenvalues()[i]).epsilon(1e-9));
    }
}

TEST_CASE("eigenpairs of a network do not depend on the number of threads") {
    LanczosSettings<double> settings;
    settings.largest = 3;
    settings.smallest = 2;
    Mat<double> first;
    for (const int threads : {1, 2, 7}) {
        Setup<double> net(network("mlp tanh"), 50, {}, threads);
        net.work.use_threads_always(true);
        settings.threads = threads;
        const auto found = lanczos<double>(PointOperator<double>(net.at()), settings);
        if (first.size() == 0) first = found.largest_vectors;
        CHECK(found.largest_vectors == first);
    }
}
