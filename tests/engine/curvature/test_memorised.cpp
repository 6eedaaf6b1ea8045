// Networks that have memorised their data: losses and curvatures far below rounding, which are
// exact none the less, and every solver has to find them.
#include <cmath>

#include <doctest/doctest.h>

#include "engine/curvature/dense.h"
#include "engine/curvature/dense_spectrum.h"
#include "engine/curvature/density.h"
#include "engine/curvature/lanczos.h"
#include "engine/curvature/operator_check.h"
#include "engine/curvature/point_operator.h"
#include "engine/curvature/trace.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::curvature;
using namespace dualtape::testing;

namespace {

// A network whose labels are its own answers, with the last layer scaled until the loss is about
// this small.
struct Memorised {
    Setup<double> net;

    explicit Memorised(double loss, Index samples = 24) : net(classifier(), samples) {
        Mat<double> z(4, samples);
        net.model.read(net.work, net.theta, net.batch, net.model.node("logits"), z);
        for (Index s = 0; s < samples; ++s) {
            Index answer = 0;
            z.col(s).maxCoeff(&answer);
            net.tokens.at("labels")[static_cast<std::size_t>(s)] =
                static_cast<std::int32_t>(answer);
        }
        const Index last = 6 * 3 + 6;  // the last layer's weights and biases end theta
        for (int i = 0; i < 400 && net.value() > loss; ++i) {
            net.theta.tail(net.size() - last) *= 1.1;
        }
    }

    static Network classifier() {
        return Network::of("classifier", []<class Scalar>(Graph<Scalar>& g) {
            const auto w1 = g.parameter("w1", 6, 3), b1 = g.parameter("b1", 6);
            const auto w2 = g.parameter("w2", 4, 6), b2 = g.parameter("b2", 4);
            const auto h = tanh(affine(w1, g.input("x", 3), b1));
            return cross_entropy(g.name("logits", affine(w2, h, b2)), g.tokens("labels"));
        });
    }
};

}  // namespace

TEST_CASE("a memorised network has the eigenvalues of its dense Hessian, converged") {
    for (const double loss : {1e-6, 1e-20, 5e-45, 1e-120, 1e-200}) {
        Memorised memorised(loss);
        const Point<double> point = memorised.net.at();
        INFO("loss ", point.value());
        REQUIRE(point.value() > 0);
        for (const CurvatureMatrix kind :
             {CurvatureMatrix::hessian, CurvatureMatrix::gauss_newton}) {
            const PointOperator<double> matrix(point, kind);
            CHECK(check_operator(matrix, 1).status == OperatorStatus::passed);
            const DenseMatrix dense = dense_matrix(matrix);
            CHECK(dense.asymmetry < 1e-14);
            const Vec<double> values = dense_eigenvalues(dense.matrix);
            const Index p = values.size();
            const double norm = values.cwiseAbs().maxCoeff();
            LanczosSettings<double> settings;
            settings.largest = 3;
            settings.smallest = kind == CurvatureMatrix::hessian ? 1 : 0;
            const Eigenpairs<double> found = lanczos(matrix, settings);
            CHECK(found.status == LanczosStatus::converged);
            for (std::size_t i = 0; i < found.largest.size(); ++i) {
                const EigenPair& pair = found.largest[i];
                const double truth = values[p - 1 - static_cast<Index>(i)];
                CHECK(std::abs(pair.value - truth) <= pair.bound + 1e-13 * norm);
                CHECK(pair.residual <= 1e-8 * norm);
            }
            CHECK(found.largest[0].value == doctest::Approx(values[p - 1]).epsilon(1e-7));

            DensitySettings<double> density;
            density.probes = 4;
            density.steps = 60;
            const SpectralMeasure measure = spectral_measure(matrix, density);
            CHECK(measure.largest() == doctest::Approx(values[p - 1]).epsilon(1e-7));
            CHECK(std::abs(trace(measure).value - values.sum()) <=
                  5 * trace(measure).standard_error);
            TraceSettings<double> settings_of_trace;
            const TraceEstimate estimate = hutchinson(matrix, settings_of_trace);
            CHECK(std::abs(estimate.value - values.sum()) <= 5 * estimate.standard_error);
            CHECK(estimate.standard_error < norm);
        }
    }
}
