// Thresholds against the optimisers themselves: one per cent below them a quadratic converges, one
// per cent above them it diverges.
#include "engine/curvature/edge_of_stability.h"

#include <cmath>

#include <doctest/doctest.h>

#include "engine/optim/adam.h"
#include "engine/optim/sgd.h"

using namespace dualtape;
using namespace dualtape::curvature;

namespace {

// |x| after 4000 steps from 1 on h x^2 / 2.
template <class Step>
double end_of(double h, Step step) {
    Vec<double> x = Vec<double>::Ones(1);
    for (int i = 0; i < 4000 && std::abs(x[0]) < 1e6; ++i) step(x, h * x);
    return std::abs(x[0]);
}

template <class MakeStep>
void check_threshold(double threshold, MakeStep make_step) {
    CHECK(end_of(0.99 * threshold, make_step()) < 1e-3);
    CHECK(end_of(1.01 * threshold, make_step()) > 1e3);
}

}  // namespace

TEST_CASE("gradient descent and heavy ball diverge above their thresholds") {
    const double rate = 0.03;
    for (const double momentum : {0.0, 0.5, 0.9}) {
        INFO("momentum ", momentum);
        optim::SgdSettings settings;
        settings.momentum = momentum;
        check_threshold(heavy_ball_threshold(rate, momentum), [&] {
            return [&, sgd = optim::Sgd<double>(1, settings)](
                       Vec<double>& x, const Vec<double>& g) mutable { sgd.step(x, g, rate); };
        });
    }
    CHECK(gradient_descent_threshold(rate) == heavy_ball_threshold(rate, 0));
    CHECK(std::isinf(gradient_descent_threshold(0)));
}

TEST_CASE("Adam with a settled preconditioner diverges above its threshold") {
    const double rate = 0.01, beta1 = 0.9, d = 0.2;
    CHECK(adam_threshold(rate, beta1) == doctest::Approx(38 / rate));
    // D^-1/2 h D^-1/2 = h / d
    check_threshold(d * adam_threshold(rate, beta1), [=] {
        return [=, m = 0.0](Vec<double>& x, const Vec<double>& g) mutable {
            m = beta1 * m + (1 - beta1) * g[0];
            x[0] -= rate * m / d;
        };
    });
}

TEST_CASE("the diagonal of Adam is what divides its first moment") {
    optim::AdamSettings settings;
    settings.epsilon = 1e-3;
    for (const int steps : {1, 2, 30}) {
        optim::Adam<float> adam(2, settings);
        Vec<float> theta(2), gradient(2), preconditioner(2);
        theta << 1, -2;
        gradient << 0.5, -0.01F;
        for (int i = 1; i < steps; ++i) adam.step(theta, gradient, 0.1);
        const Vec<float> before = theta;
        adam.step(theta, gradient, 0.1);
        adam.preconditioner(preconditioner);
        const Vec<double> d = adam_diagonal(preconditioner, steps, settings.beta1);
        const Vec<double> step = 0.1 * adam.state().first_moment.cast<double>().cwiseQuotient(d);
        for (Index i = 0; i < 2; ++i) {
            CHECK(static_cast<double>(before[i] - theta[i]) ==
                  doctest::Approx(step[i]).epsilon(1e-5));
        }
    }
    CHECK_THROWS_AS(adam_diagonal(Vec<float>(Vec<float>::Ones(2)), 0, 0.9), std::invalid_argument);
}
