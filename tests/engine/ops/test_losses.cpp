// What the table's checks do not show of the losses: digits late in training, drawn labels.

#include <doctest/doctest.h>

#include <cmath>

#include "engine/ops/losses.h"
#include "tests/support/op_list.h"

using namespace dualtape;

namespace {

using Kind = OpSlot::Kind;

// One column of logits with this label.
template <class Scalar>
OpTrial<Scalar> cross_entropy_trial(const Op<Scalar>& op, const Mat<Scalar>& logits, int label) {
    OpTrial<Scalar> trial(op, {{Kind::sample, logits.rows(), 1}, {Kind::tokens, 1, 1}}, {0, 1},
                          logits.cols());
    trial.set(0, logits);
    trial.set(1, Mat<Scalar>::Constant(1, logits.cols(), static_cast<Scalar>(label)));
    return trial;
}

double relative(double a, double b) { return std::abs(a - b) / std::abs(b); }

}  // namespace

TEST_CASE("cross entropy keeps six digits in float when the label's probability rounds to one") {
    // 1 - p_label = 1.6e-9, shared by two other classes.
    const OpAdapter<float, ops::CrossEntropy> op(ops::CrossEntropy{});
    const double gap = std::log(1.2e-9), gap_2 = std::log(0.4e-9);
    const Mat<float> z =
        (Mat<float>(3, 1) << static_cast<float>(3 + gap), 3.0F, static_cast<float>(3 + gap_2))
            .finished();
    // The exact answers for these float logits.
    const double a = std::exp(static_cast<double>(z(0, 0)) - 3),
                 b = std::exp(static_cast<double>(z(2, 0)) - 3);
    const double p[3] = {a / (1 + a + b), 1 / (1 + a + b), b / (1 + a + b)};
    CHECK((a + b) / (1 + a + b) == doctest::Approx(1.6e-9).epsilon(1e-4));

    auto trial = cross_entropy_trial<float>(op, z, 1);
    CHECK(relative(static_cast<double>(trial.value()(0, 0)), std::log1p(a + b)) < 1e-6);

    const Mat<float> u = Mat<float>::Constant(1, 1, 0.5F);
    const Mat<float> z_bar = trial.pull(1, u)[0];
    CHECK(relative(static_cast<double>(z_bar(0, 0)), 0.5 * p[0]) < 1e-6);
    CHECK(relative(static_cast<double>(z_bar(1, 0)), -0.5 * (p[0] + p[2])) < 1e-6);
    CHECK(relative(static_cast<double>(z_bar(2, 0)), 0.5 * p[2]) < 1e-6);

    const Mat<float> v = (Mat<float>(3, 1) << 0.7F, 1.1F, -0.4F).finished();
    const double d[3] = {static_cast<double>(v(0, 0)) - static_cast<double>(v(1, 0)), 0,
                         static_cast<double>(v(2, 0)) - static_cast<double>(v(1, 0))};
    const double mean = p[0] * d[0] + p[2] * d[2];
    const Mat<float> push = trial.push(1, {v, {}});
    CHECK(relative(static_cast<double>(push(0, 0)), mean) < 1e-6);
    const Mat<float> bend = trial.bend(1, u, {v, {}})[0];
    double form = 0;
    for (int i = 0; i < 3; ++i) {
        const double exact = 0.5 * p[i] * (d[i] - mean);
        CHECK(relative(static_cast<double>(bend(i, 0)), exact) < 1e-6);
        form += 0.5 * p[i] * (d[i] - mean) * (d[i] - mean);
    }
    CHECK(relative(trial.curvature(1, u, {v, {}}), form) < 1e-6);
}

TEST_CASE("cross entropy of logits far apart is finite and right") {
    const OpAdapter<double, ops::CrossEntropy> op(ops::CrossEntropy{});
    const Mat<double> z = (Mat<double>(3, 1) << 1000.0, -1000.0, 999.0).finished();
    auto wrong = cross_entropy_trial<double>(op, z, 1);
    CHECK(wrong.value()(0, 0) == doctest::Approx(2000 + std::log1p(std::exp(-1))).epsilon(1e-15));
    CHECK(wrong.pull(1, Mat<double>::Ones(1, 1))[0](1, 0) == -1);
    auto right = cross_entropy_trial<double>(op, z, 0);
    CHECK(right.value()(0, 0) == doctest::Approx(std::log1p(std::exp(-1))).epsilon(1e-15));
    // Equal largest logits: the first and the second form of the loss meet.
    const Mat<double> tie = (Mat<double>(2, 1) << 5.0, 5.0).finished();
    CHECK(cross_entropy_trial<double>(op, tie, 1).value()(0, 0) ==
          doctest::Approx(std::log(2.0)).epsilon(1e-15));
    // One class: nothing to learn.
    auto single = cross_entropy_trial<double>(op, Mat<double>::Constant(1, 1, 7.0), 0);
    CHECK(single.value()(0, 0) == 0);
    CHECK(single.pull(1, Mat<double>::Ones(1, 1))[0](0, 0) == 0);
}

TEST_CASE("cross entropy passes NaN and infinity on") {
    const OpAdapter<double, ops::CrossEntropy> op(ops::CrossEntropy{});
    const double inf = std::numeric_limits<double>::infinity();
    const auto loss = [&](double a, double b) {
        return cross_entropy_trial<double>(op, (Mat<double>(2, 1) << a, b).finished(), 0)
            .value()(0, 0);
    };
    CHECK(std::isnan(loss(std::nan(""), 1)));
    CHECK(std::isnan(loss(1, std::nan(""))));
    CHECK_FALSE(std::isfinite(loss(1, inf)));
    CHECK(loss(1, -inf) == 0);
}

TEST_CASE("the sampled score is that of one label, drawn with the model's probabilities") {
    const OpAdapter<double, ops::CrossEntropy> op(ops::CrossEntropy{});
    const Index columns = 4000;
    const double logits[3] = {0.3, -1.0, 0.9}, tangents[3] = {0.4, -1.3, 2.0};
    Mat<double> z(3, columns), v(3, columns);
    for (Index c = 0; c < columns; ++c) {
        for (Index i = 0; i < 3; ++i) {
            z(i, c) = logits[i];
            v(i, c) = tangents[i];
        }
    }
    auto trial = cross_entropy_trial<double>(op, z, 0);
    trial.value();
    const Mat<double> p = testing::op_formulas::softmax(z.leftCols(1));
    const Mat<double> drawn = trial.sampled(1, Mat<double>::Ones(1, columns), {v, {}})[0];
    Index counts[3] = {0, 0, 0};
    for (Index c = 0; c < columns; ++c) {
        int matches = 0;
        for (Index label = 0; label < 3; ++label) {
            Mat<double> r = p;
            r(label, 0) -= 1;
            const double slope = r.col(0).dot(v.col(c));
            if ((drawn.col(c) - slope * r.col(0)).cwiseAbs().maxCoeff() > 1e-14) continue;
            ++counts[label];
            ++matches;
        }
        REQUIRE(matches == 1);
    }
    for (Index label = 0; label < 3; ++label) {
        const double expected = p(label, 0) * static_cast<double>(columns);
        CHECK(std::abs(static_cast<double>(counts[label]) - expected) <
              5 * std::sqrt(expected * (1 - p(label, 0))));
    }
}

TEST_CASE("losses refuse targets that depend on parameters, and shapes that do not fit") {
    Graph<double> graph;
    const auto x = graph.input("x", 3);
    const auto w = graph.parameter("w", 3, 3);
    const auto h = matmul(w, x);
    CHECK_THROWS_WITH_AS(squared_error(h, h),
                         doctest::Contains("squared_error: matmul#2 depends on parameters"),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(squared_error(h, graph.input("t", 2)),
                         "squared_error: 3x1 per sample with targets 2x1 per sample (matmul#2, "
                         "t): shapes must agree",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(cross_entropy(h, graph.tokens("l", 2)),
                         doctest::Contains("one label for every column of logits"),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(cross_entropy(h, x), doctest::Contains("labels must be tokens"),
                         std::invalid_argument);
}
