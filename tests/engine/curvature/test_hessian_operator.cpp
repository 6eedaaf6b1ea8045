// The Hessian and Gauss-Newton operators of a small network against their dense spectra.
#include "engine/curvature/hessian_operator.h"

#include <cmath>

#include <Spectra/SymEigsSolver.h>
#include <doctest/doctest.h>

#include "engine/curvature/dense.h"
#include "engine/curvature/lanczos.h"
#include "engine/dualtape.h"
#include "engine/kernels/random.h"

using namespace dualtape;
using namespace dualtape::curvature;

namespace {

// tanh network 3-6-6-4 on 50 samples, theta and data drawn from streams.
struct Fixture {
    Graph<double> graph;
    std::unique_ptr<Model<double>> model;
    std::unique_ptr<Workspace<double>> workspace;
    std::unique_ptr<Batch<double>> batch;
    Mat<double> x{3, 50};
    std::vector<std::int32_t> labels;
    Vec<double> theta;

    Fixture() {
        Var<double> h = graph.input("x", 3);
        const Var<double> classes = graph.tokens("labels");
        const Index sizes[] = {3, 6, 6, 4};
        for (int layer = 0; layer < 3; ++layer) {
            const std::string name = std::to_string(layer);
            h = affine(graph.parameter("w" + name, sizes[layer + 1], sizes[layer]), h,
                       graph.parameter("b" + name, sizes[layer + 1]));
            if (layer < 2) h = tanh(h);
        }
        model = std::make_unique<Model<double>>(graph, cross_entropy(h, classes));
        workspace = std::make_unique<Workspace<double>>(*model, 2);
        batch = std::make_unique<Batch<double>>(model->batch());
        theta.resize(model->size());
        kernels::Stream(1, "init").fill_normal(theta.data(), theta.size());
        kernels::Stream stream(1, "data");
        stream.fill_normal(x.data(), x.size());
        for (int i = 0; i < 50; ++i) labels.push_back(static_cast<std::int32_t>(stream.below(4)));
        batch->set("x", {x.data(), 3, 50});
        batch->set("labels", labels.data(), 50);
    }
};

}  // namespace

TEST_CASE("Lanczos on a network equals the dense spectrum, for the Hessian and Gauss-Newton") {
    Fixture net;
    const Point<double> point = net.model->at(*net.workspace, net.theta, *net.batch);
    for (const CurvatureMatrix kind : {CurvatureMatrix::hessian, CurvatureMatrix::gauss_newton}) {
        const PointOperator<double> matrix(point, kind);
        const DenseMatrix dense = dense_matrix(matrix);
        CHECK(dense.asymmetry < 1e-15);
        const Vec<double> values = dense_spectrum(dense.matrix).values;
        LanczosSettings<double> settings;
        settings.largest = 6;
        settings.smallest = kind == CurvatureMatrix::hessian ? 4 : 0;
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
        CHECK(matrix.products() >= found.products + found.check_products);
    }
}

TEST_CASE("the operator drops into Spectra unchanged") {
    Fixture net;
    const Point<double> point = net.model->at(*net.workspace, net.theta, *net.batch);
    PointOperator<double> matrix(point);
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
    Fixture net;
    LanczosSettings<double> settings;
    settings.largest = 3;
    settings.smallest = 2;
    Mat<double> first;
    for (const int threads : {1, 2, 7}) {
        Workspace<double> workspace(*net.model, threads);
        settings.threads = threads;
        const Point<double> point = net.model->at(workspace, net.theta, *net.batch);
        const auto found = lanczos<double>(PointOperator<double>(point), settings);
        if (first.size() == 0) first = found.largest_vectors;
        CHECK(found.largest_vectors == first);
    }
}
