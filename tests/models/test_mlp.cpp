#include "models/mlp.h"

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstdint>
#include <set>

#include "engine/dualtape.h"
#include "engine/kernels/random.h"
#include "models/initialise.h"

namespace dualtape::models {
namespace {

constexpr Index kModulus = 7;
constexpr Index kSamples = 33;

MlpSettings small(MlpInput input, MlpForm form = MlpForm::projected, Index depth = 2) {
    MlpSettings settings;
    settings.input = input;
    settings.form = form;
    settings.modulus = kModulus;
    settings.num_classes = kModulus;
    settings.width = 5;
    settings.depth = depth;
    settings.embedding_width = 3;
    return settings;
}

// A network with its data in every form that a slot may ask for.
template <class Scalar>
struct Fixture {
    explicit Fixture(const MlpSettings& settings) {
        const Mlp<Scalar> mlp = build_mlp(graph, settings);
        parameters = mlp.parameters;
        model = std::make_unique<Model<Scalar>>(graph, mlp.loss);
        batch = std::make_unique<Batch<Scalar>>(model->batch());
        kernels::Stream stream(3, "data");
        const bool is_one_hot = settings.input == MlpInput::one_hot;
        pair.resize(2, kSamples);
        one_hots.setZero(2 * kModulus, kSamples);
        for (Index s = 0; s < kSamples; ++s) {
            const auto x = static_cast<std::int32_t>(stream.below(kModulus));
            const auto y = static_cast<std::int32_t>(stream.below(kModulus));
            a.push_back(x);
            b.push_back(static_cast<std::int32_t>(is_one_hot ? kModulus + y : y));
            labels.push_back((x + y) % static_cast<std::int32_t>(kModulus));
            pair(0, s) = Scalar(static_cast<double>(x));
            pair(1, s) = Scalar(static_cast<double>(y));
            one_hots(x, s) = one_hots(kModulus + y, s) = Scalar(1);
        }
        batch->set("labels", labels.data(), kSamples);
        if (settings.input == MlpInput::raw) {
            batch->set("pair", Eigen::Map<const Mat<Scalar>>(pair.data(), 2, kSamples));
        } else if (is_one_hot && settings.form == MlpForm::plain) {
            batch->set("one_hots",
                       Eigen::Map<const Mat<Scalar>>(one_hots.data(), 2 * kModulus, kSamples));
        } else {
            batch->set("a", a.data(), kSamples);
            batch->set("b", b.data(), kSamples);
        }
    }

    Graph<Scalar> graph;
    std::vector<ParameterInfo> parameters;
    std::unique_ptr<Model<Scalar>> model;
    std::unique_ptr<Batch<Scalar>> batch;
    std::vector<std::int32_t> a, b, labels;
    Mat<Scalar> pair, one_hots;
};

Vec<double> random_vector(Index size, std::uint64_t index) {
    Vec<double> v(size);
    kernels::Stream stream(11, "test", index);
    stream.fill_normal(v.data(), size);
    return v;
}

const MlpSettings kAllForms[] = {
    small(MlpInput::raw),
    small(MlpInput::one_hot),
    small(MlpInput::one_hot, MlpForm::plain),
    small(MlpInput::embedding),
    small(MlpInput::embedding, MlpForm::plain),
};

}  // namespace

TEST_CASE("parameter counts are those of the published table") {
    const Index raw[] = {12897, 29409, 45921, 62433, 78945, 95457, 111969};
    const Index one_hot[] = {37473, 53985, 70497, 87009, 103521, 120033, 136545};
    for (Index depth = 1; depth <= 7; ++depth) {
        INFO("depth ", depth);
        MlpSettings settings;
        settings.modulus = settings.num_classes = 97;
        settings.depth = depth;
        settings.input = MlpInput::raw;
        CHECK(count_parameters(settings) == raw[depth - 1]);
        settings.input = MlpInput::one_hot;
        CHECK(count_parameters(settings) == one_hot[depth - 1]);
    }
}

TEST_CASE("the formula counts what is built, for every input and form") {
    for (const MlpSettings& settings : kAllForms) {
        Fixture<double> net(settings);
        CHECK(net.model->size() == count_parameters(settings));
        Index listed = 0;
        for (const ParameterInfo& parameter : net.parameters) {
            listed += parameter.rows * parameter.cols;
        }
        CHECK(net.model->size() == listed);
    }
}

TEST_CASE("theta holds layer by layer, weight before bias, whatever the compiler") {
    MlpSettings settings;
    settings.input = MlpInput::raw;
    settings.num_classes = 5;
    settings.width = 4;
    settings.depth = 3;
    const Fixture<double> net(settings);
    std::vector<std::string> names;
    for (const ParameterInfo& parameter : net.parameters) names.push_back(parameter.name);
    CHECK(names == std::vector<std::string>{"layers.0.weight", "layers.0.bias", "layers.1.weight",
                                            "layers.1.bias", "layers.2.weight", "layers.2.bias",
                                            "layers.3.weight", "layers.3.bias"});
}

TEST_CASE("the projected forms equal the plain ones to rounding") {
    for (const MlpInput input : {MlpInput::one_hot, MlpInput::embedding}) {
        Fixture<double> projected(small(input)), plain(small(input, MlpForm::plain));
        const Index size = projected.model->size();
        REQUIRE(plain.model->size() == size);
        const Vec<double> theta = initialise<double>(plain.parameters, {}, 5);
        const Mat<double> v = random_vector(size, 0);
        Workspace<double> left(*projected.model, 1), right(*plain.model, 1);
        const auto p = projected.model->at(left, theta, *projected.batch);
        const auto q = plain.model->at(right, theta, *plain.batch);
        // Sums of at most 33 samples in double: differences of a few dozen roundings.
        CHECK(p.value() == doctest::Approx(q.value()).epsilon(1e-14));
        CHECK((p.gradient() - q.gradient()).norm() <= 1e-13 * q.gradient().norm());
        Mat<double> hp(size, 1), hq(size, 1);
        p.hessian(v, hp);
        q.hessian(v, hq);
        CHECK((hp - hq).norm() <= 1e-13 * hq.norm());
        p.gauss_newton(v, hp);
        q.gauss_newton(v, hq);
        CHECK((hp - hq).norm() <= 1e-13 * hq.norm());
    }
}

TEST_CASE("gradient and hessian products equal the complex step, for every input and activation") {
    using Complex = std::complex<double>;
    const double step = 1e-30;  // (step)^2 vanishes beside 1: the result is exact to rounding
    for (MlpSettings settings : kAllForms) {
        for (const std::string& word : activation_words()) {
            INFO(word, ", input ", static_cast<int>(settings.input));
            settings.activation = activation(word);
            Fixture<double> net(settings);
            Fixture<Complex> oracle(settings);
            const Index size = net.model->size();
            const Vec<double> theta = initialise<double>(net.parameters, {}, 8);
            const Mat<double> v = random_vector(size, 1);
            Workspace<double> work(*net.model, 1);
            Workspace<Complex> oracle_work(*oracle.model, 1);
            const auto point = net.model->at(work, theta, *net.batch);

            Vec<Complex> moved = theta.cast<Complex>();
            moved += Complex(0, step) * v.cast<Complex>();
            Vec<Complex> gradient(size);
            const Complex value =
                oracle.model->gradient(oracle_work, moved, *oracle.batch, gradient);
            CHECK(value.imag() / step ==
                  doctest::Approx(point.gradient().dot(v.col(0))).epsilon(1e-12));
            Mat<double> product(size, 1);
            point.hessian(v, product);
            const Vec<double> exact = gradient.imag() / step;
            CHECK((product.col(0) - exact).norm() <= 1e-12 * exact.norm());
        }
    }
}

TEST_CASE("depth one to three: named nodes can be read and have the documented sizes") {
    for (Index depth = 1; depth <= 3; ++depth) {
        Fixture<double> net(small(MlpInput::one_hot, MlpForm::projected, depth));
        const Vec<double> theta = initialise<double>(net.parameters, {}, 1);
        Workspace<double> work(*net.model, 1);
        Mat<double> hidden(5, kSamples), logits(kModulus, kSamples);
        const std::string last = "layers." + std::to_string(depth - 1);
        net.model->read(work, theta, *net.batch, net.model->node(last + ".pre"), hidden);
        const Mat<double> pre = hidden;
        net.model->read(work, theta, *net.batch, net.model->node(last + ".post"), hidden);
        CHECK(hidden == pre.cwiseMax(0.0));
        net.model->read(work, theta, *net.batch, net.model->node("logits"), logits);
        // The output layer by hand, from the slices that the list of parameters promises.
        const Index bias = net.model->size() - kModulus;
        const Eigen::Map<const Mat<double>> w(theta.data() + bias - 5 * kModulus, kModulus, 5);
        const Mat<double> expected =
            (w * hidden).colwise() + Eigen::Map<const Vec<double>>(theta.data() + bias, kModulus);
        CHECK((logits - expected).norm() <= 1e-14 * expected.norm());
    }
}

TEST_CASE("torch_default stays inside its bounds, and fills them") {
    Fixture<double> net(small(MlpInput::one_hot));
    const Vec<double> theta = initialise<double>(net.parameters, {}, 2);
    Index offset = 0;
    for (const ParameterInfo& parameter : net.parameters) {
        INFO(parameter.name);
        const double bound = 1 / std::sqrt(static_cast<double>(parameter.fan_in));
        const auto slice = theta.segment(offset, parameter.rows * parameter.cols);
        CHECK(slice.cwiseAbs().maxCoeff() <= bound);
        if (slice.size() >= 25) CHECK(slice.maxCoeff() - slice.minCoeff() > 1.5 * bound);
        offset += slice.size();
    }
}

TEST_CASE("torch_default draws tables from a normal of their own deviation") {
    MlpSettings settings = small(MlpInput::embedding);
    settings.embedding_width = 40;
    Fixture<double> net(settings);
    REQUIRE(net.parameters[0].is_table);
    const Index size = net.parameters[0].rows * net.parameters[0].cols;
    const Vec<double> unit = initialise<double>(net.parameters, {}, 4);
    const Vec<double> tenth = initialise<double>(net.parameters, {.table_sigma = 0.1}, 4);
    CHECK((tenth.head(size) - 0.1 * unit.head(size)).norm() < 1e-14);
    CHECK(tenth.tail(unit.size() - size) == unit.tail(unit.size() - size));
    // Some hundred normals: the relative standard error of sigma is below 0.05.
    CHECK(std::sqrt(unit.head(size).squaredNorm() / static_cast<double>(size)) ==
          doctest::Approx(1).epsilon(0.2));
    CHECK_THROWS(initialise<double>(net.parameters, {.table_sigma = -1}, 4));
}

TEST_CASE("initial points depend on the seed, and agree between float and double") {
    Fixture<double> net(small(MlpInput::one_hot));
    const Vec<double> first = initialise<double>(net.parameters, {}, 0);
    CHECK(first == initialise<double>(net.parameters, {}, 0));
    CHECK(first != initialise<double>(net.parameters, {}, 1));
    CHECK(first.cast<float>() == initialise<float>(net.parameters, {}, 0));
    const InitSettings normal{.rule = InitSettings::Rule::normal, .sigma = 0.5};
    const Vec<double> drawn = initialise<double>(net.parameters, normal, 0);
    // 147 normals: the estimate of sigma has a relative standard error of 1/sqrt(2 * 147) = 0.06.
    CHECK(std::sqrt(drawn.squaredNorm() / static_cast<double>(drawn.size())) ==
          doctest::Approx(0.5).epsilon(0.2));
}

TEST_CASE("settings out of range are refused by name, value and remedy") {
    MlpSettings settings = small(MlpInput::one_hot);
    settings.depth = 0;
    CHECK_THROWS_WITH(settings.check(),
                      "mlp: depth = 0 must be 1 or more; it counts the hidden layers");
    CHECK_THROWS_WITH(activation("rleu"),
                      "mlp: the activation \"rleu\" is unknown; choose one of relu, tanh, gelu, "
                      "silu, sigmoid, square");
    CHECK_THROWS(mlp_input("words"));
    CHECK_THROWS(init_rule("xavier"));
}

}  // namespace dualtape::models
