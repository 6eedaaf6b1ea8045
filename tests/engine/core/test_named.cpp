// Named nodes: read them, differentiate with respect to them, from one to another.

#include <doctest/doctest.h>

#include "tests/support/complex_step.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::testing;

namespace {

constexpr Index kNamedSamples = 21;

Options options_for(std::vector<std::string> taps, std::size_t memory_limit) {
    Options options;
    options.taps = std::move(taps);
    options.chunk_bytes = 1;
    options.memory_limit = memory_limit;
    return options;
}

// A network with a fixed and several sample taps, a view, and a node that is read twice.
const Network& tapped() {
    static const Network network = Network::of("tapped", []<class Scalar>(Graph<Scalar>& g) {
        const auto e = g.parameter("e", 4, 6);
        const auto table = g.name("table", tanh(matmul(g.parameter("m", 4, 4), e)));
        const auto pair = g.name("pair", gather(table, g.tokens("ab", 2)));
        const auto flat = g.name("flat", reshape(pair, 8));
        const auto h = g.name("h", tanh(affine(g.parameter("w", 5, 8), flat, g.parameter("b", 5))));
        const auto mean = g.name("mean", mean_positions(pair));
        const auto both = g.name("both", concat_rows<Scalar>({h, mean, g.input("x", 2)}));
        const auto z = g.name("logits", matmul(g.parameter("u", 6, 11), both));
        return cross_entropy(z, g.tokens("labels"));
    });
    return network;
}
const std::vector<std::string> kNamedTaps = {"table", "pair", "flat", "h",
                                             "mean",  "x",    "both", "logits"};

struct Ends {
    const char *from, *to;
};
// Paths of all kinds: sample to sample, fixed to sample, fixed to fixed, parameters, none at all.
const Ends kEnds[] = {{"pair", "h"},    {"pair", "logits"}, {"flat", "h"},     {"h", "logits"},
                      {"x", "logits"},  {"table", "both"},  {"table", "h"},    {"e", "table"},
                      {"e", "logits"},  {"m", "table"},     {"w", "h"},        {"b", "logits"},
                      {"pair", "pair"}, {"pair", "mean"},   {"flat", "mean"},  {"h", "pair"},
                      {"x", "h"},       {"e", "mean"},      {"table", "table"}};

Index columns_of(const Model<double>& model, Node node) {
    const Shape shape = model.plan().node(node).shape;
    return shape.span * (shape.is_fixed ? 1 : kNamedSamples);
}

}  // namespace

TEST_CASE("push equals the complex step through an edit or a parameter, pull is its transpose") {
    for (const std::size_t limit : {std::size_t{4} << 30, std::size_t{0}}) {
        for (const bool edited : {false, true}) {
            for (const Ends& ends : kEnds) {
                const char* from_name = ends.from;
                const char* to_name = ends.to;
                INFO(from_name, " to ", to_name, ", limit ", limit, ", edited ", edited);
                Setup<double> real(tapped(), kNamedSamples, options_for(kNamedTaps, limit));
                Setup<Complex> complex(tapped(), kNamedSamples, options_for(kNamedTaps, limit));
                const Node from = real.model.node(from_name), to = real.model.node(to_name);
                const Index rows = real.model.plan().node(from).shape.rows;
                const Index to_rows = real.model.plan().node(to).shape.rows;
                const Index columns = columns_of(real.model, from);
                const Index to_columns = columns_of(real.model, to);
                // Edits of a node are in front of what its readers see: the derivative is with
                // respect to that.
                std::vector<Edit<double>> edits;
                std::vector<Edit<Complex>> complex_edits;
                if (edited) {
                    const Mat<double> keep = uniform_matrix(5, 1, 3, 0.5, 1.5);
                    edits.push_back({real.model.node("h"), keep, {}, {}});
                    complex_edits.push_back({real.model.node("h"), keep.cast<Complex>(), {}, {}});
                }
                real.work.edit(edits);
                const Mat<double> X_dot = uniform_matrix(rows, 2 * columns, 12);
                const Mat<double> U = uniform_matrix(to_rows, 2 * to_columns, 13);
                Mat<double> Y_dot(to_rows, 2 * to_columns), X_bar(rows, 2 * columns);
                const Point<double> point = real.at();
                point.push(from, X_dot, to, Y_dot);
                point.pull(to, U, from, X_bar);
                for (Index j = 0; j < 2; ++j) {
                    const Mat<double> tangent = X_dot.middleCols(j * columns, columns);
                    auto stepped = complex_edits;
                    for (const ParameterSlice& slice : real.model.plan().parameters()) {
                        if (slice.node != from) continue;
                        Vec<double> v = Vec<double>::Zero(real.size());
                        v.segment(slice.offset, slice.size) =
                            Eigen::Map<const Vec<double>>(tangent.data(), slice.size);
                        step(complex, real.theta, v);
                    }
                    if (real.model.plan().node(from).kind != NodeKind::parameter) {
                        Edit<Complex> put;
                        put.node = from;
                        put.put = (tangent * kStep).cast<Complex>() * Complex(0, 1);
                        stepped.push_back(put);
                    }
                    complex.work.edit(stepped);
                    Mat<Complex> y(to_rows, to_columns);
                    complex.model.read(complex.work, complex.theta, complex.batch, to, y);
                    const Mat<double> expected = y.imag() / kStep;
                    CHECK(relative_error(Y_dot.middleCols(j * to_columns, to_columns), expected) <
                          1e-13);
                    const double up =
                        (U.middleCols(j * to_columns, to_columns).array() * expected.array()).sum();
                    const double down =
                        (X_bar.middleCols(j * columns, columns).array() * tangent.array()).sum();
                    CHECK(std::abs(up - down) < 1e-12);
                }
            }
        }
    }
}

TEST_CASE("the adjoint of a named node equals the complex step of the loss through an edit") {
    for (const std::size_t limit : {std::size_t{4} << 30, std::size_t{15000}, std::size_t{0}}) {
        Setup<double> real(tapped(), kNamedSamples, options_for({}, limit));
        Setup<Complex> complex(tapped(), kNamedSamples, options_for(kNamedTaps, limit));
        const Point<double> point = real.at();
        for (const char* name : {"table", "pair", "flat", "h", "mean", "both", "logits"}) {
            INFO(name, ", limit ", limit);
            const Node node = real.model.node(name);
            const Index rows = real.model.plan().node(node).shape.rows;
            const Index columns = columns_of(real.model, node);
            Mat<double> y_bar(rows, columns), y(rows, columns), read(rows, columns);
            point.adjoint(node, y_bar);
            point.activation(node, y);
            for (int trial = 0; trial < 3; ++trial) {
                const Mat<double> direction =
                    uniform_matrix(rows, columns, 30 + static_cast<std::uint64_t>(trial));
                Edit<Complex> put;
                put.node = node;
                put.put = (direction * kStep).cast<Complex>() * Complex(0, 1);
                complex.work.edit({put});
                CHECK(relative_error((y_bar.array() * direction.array()).sum(),
                                     complex.value().imag() / kStep) < 1e-12);
            }
            Workspace<double> other(real.model, 1);
            real.model.read(other, real.theta, real.batch, node, read);
            CHECK(same_bits(y, read));
        }
    }
}

TEST_CASE("parameters and inputs are named, too: read, activation, adjoint") {
    Setup<double> setup(tapped(), kNamedSamples);
    const Point<double> point = setup.at();
    for (const ParameterSlice& slice : setup.model.plan().parameters()) {
        const Shape shape = setup.model.plan().node(slice.node).shape;
        Mat<double> w(shape.rows, shape.span), w_bar(shape.rows, shape.span);
        point.activation(slice.node, w);
        point.adjoint(slice.node, w_bar);
        CHECK(same_bits(w.reshaped().eval(), setup.theta.segment(slice.offset, slice.size)));
        CHECK(
            same_bits(w_bar.reshaped().eval(), point.gradient().segment(slice.offset, slice.size)));
    }
    Mat<double> x(2, kNamedSamples);
    point.activation(setup.model.node("x"), x);
    CHECK(same_bits(x, setup.inputs["x"]));
    setup.model.read(setup.work, setup.theta, setup.batch, setup.model.node("x"), x);
    CHECK(same_bits(x, setup.inputs["x"]));
}

TEST_CASE("an input that nothing reads is refused") {
    const Network lonely = Network::of("lonely", []<class Scalar>(Graph<Scalar>& g) {
        g.input("unread", 2);
        return sum_squares(matmul(g.parameter("w", 2, 3), g.input("x", 3)));
    });
    Setup<double> setup(lonely, 5);
    Mat<double> y(2, 5);
    const Node unread = setup.model.node("unread");
    CHECK_THROWS_WITH_AS(setup.model.read(setup.work, setup.theta, setup.batch, unread, y),
                         "read: nothing in the model reads unread", std::invalid_argument);
    CHECK_THROWS_WITH_AS(setup.at().activation(unread, y), doctest::Contains("unread is not kept"),
                         std::invalid_argument);
}

TEST_CASE("named nodes beside a loss without data keep their activations") {
    const Network beside = Network::of("beside", []<class Scalar>(Graph<Scalar>& g) {
        const auto w = g.parameter("w", 2, 3);
        g.name("h", tanh(matmul(w, g.input("x", 3))));
        return sum_squares(w);
    });
    Setup<double> setup(beside, 5);
    Mat<double> y(2, 5), expected(2, 5);
    setup.model.read(setup.work, setup.theta, setup.batch, setup.model.node("h"), expected);
    setup.at().activation(setup.model.node("h"), y);
    CHECK(same_bits(y, expected));
    const double value = setup.value();
    for (const std::size_t limit : {std::size_t{4} << 30, std::size_t{0}}) {
        Options options;
        options.memory_limit = limit;
        Setup<double> other(beside, 5, options);
        const Point<double> point = other.at();
        CHECK(point.value() == value);
        y.setZero();
        point.activation(setup.model.node("h"), y);
        CHECK(same_bits(y, expected));
        y.setZero();
        CHECK(point.replay({}, setup.model.node("h"), y) == value);
        CHECK(same_bits(y, expected));
        const Mat<double> V = directions(other.size(), 2);
        Mat<double> HV(other.size(), 2);
        point.hessian(V, HV);
        CHECK(relative_error(HV, (2 * V).eval()) < 1e-15);
        CHECK(relative_error(point.gradient(), (2 * other.theta).eval()) < 1e-15);
    }
}

TEST_CASE("an adjoint belongs to the readers of its node, not of the node it is a view of") {
    const Network viewed = Network::of("viewed", []<class Scalar>(Graph<Scalar>& g) {
        const auto h = tanh(affine(g.parameter("w", 4, 3), g.input("x", 3), g.parameter("b", 4)));
        const auto view = g.name("view", reshape(h, 2));  // 2 x 2 per sample
        const auto y = add(sum_squares(mean_positions(view)), scale(sum_squares(h), 0.5));
        return y;
    });
    Options options;
    options.taps = {"view"};
    Setup<double> real(viewed, 6);
    Setup<Complex> complex(viewed, 6, options);
    const Node node = real.model.node("view");
    Mat<double> y_bar(2, 12);
    real.at().adjoint(node, y_bar);
    const Mat<double> direction = uniform_matrix(2, 12, 4);
    Edit<Complex> put;
    put.node = node;
    put.put = (direction * kStep).cast<Complex>() * Complex(0, 1);
    complex.work.edit({put});
    CHECK(relative_error((y_bar.array() * direction.array()).sum(),
                         complex.value().imag() / kStep) < 1e-12);
}

TEST_CASE("pulling into all samples of a node at once gives every sample's own gradient") {
    // Gradient symmetricity: d logits[c] / d embeddings, for every sample, in one sweep.
    Setup<double> setup(tapped(), kNamedSamples,
                        options_for({"pair", "logits"}, std::size_t{4} << 30));
    const Node pair = setup.model.node("pair"), logits = setup.model.node("logits");
    const Point<double> point = setup.at();
    Mat<double> U = Mat<double>::Zero(6, kNamedSamples), together(4, 2 * kNamedSamples);
    for (Index s = 0; s < kNamedSamples; ++s) U(s % 6, s) = 1;
    point.pull(logits, U, pair, together);
    for (Index s = 0; s < kNamedSamples; ++s) {
        Mat<double> single = Mat<double>::Zero(6, kNamedSamples), X_bar(4, 2 * kNamedSamples);
        single.col(s) = U.col(s);
        point.pull(logits, single, pair, X_bar);
        CHECK(same_bits(X_bar.middleCols(2 * s, 2), together.middleCols(2 * s, 2)));
        X_bar.middleCols(2 * s, 2).setZero();
        CHECK(X_bar.isZero(0));
    }
}

TEST_CASE("pull refuses a path that enters an op as data") {
    const Network autoencoder = Network::of("autoencoder", []<class Scalar>(Graph<Scalar>& g) {
        const auto x = g.input("x", 3);
        return g.name("loss", squared_error(g.name("y", matmul(g.parameter("w", 3, 3), x)), x));
    });
    Options options;
    options.taps = {"x", "y", "loss"};
    Setup<double> setup(autoencoder, 4, options);
    const Point<double> point = setup.at();
    Mat<double> U = Mat<double>::Ones(1, 4), X_bar(3, 4);
    const Node x = setup.model.node("x"), y = setup.model.node("y"),
               loss = setup.model.node("loss");
    CHECK_THROWS_WITH_AS(point.pull(loss, U, x, X_bar),
                         doctest::Contains("squared_error takes x as data"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(point.push(x, X_bar, loss, U),
                         doctest::Contains("squared_error takes x as data"), std::invalid_argument);
    point.pull(loss, U, y, X_bar);  // the other way in is fine
    point.pull(y, Mat<double>::Ones(3, 4), x, X_bar);
}

TEST_CASE("locate_nonfinite names the first node with NaN or infinity") {
    Options options;
    options.taps = {"h"};
    Setup<double> setup(tapped(), kNamedSamples, options);
    CHECK(setup.at().locate_nonfinite() == "");
    setup.theta[setup.model.plan().parameters()[0].offset + 3] = std::nan("");
    CHECK(setup.at().locate_nonfinite() == "e: 1 of 24 values are not finite");
    CHECK(std::isnan(setup.value()));
    setup.theta[setup.model.plan().parameters()[0].offset + 3] = 0;
    setup.inputs["x"](1, 20) = std::numeric_limits<double>::infinity();
    CHECK(setup.at().locate_nonfinite() == "x: 1 of 42 values are not finite");
    setup.inputs["x"](1, 20) = 0;
    CHECK(setup.at().locate_nonfinite() == "");

    // An overflow inside: exp of 800 in one sample of twelve.
    const Network overflow = Network::of("overflow", []<class Scalar>(Graph<Scalar>& g) {
        const auto h = exp(matmul(g.parameter("w", 2, 2), g.input("x", 2)));
        return sum_squares(g.name("scaled", scale(h, 1e-3)));
    });
    Setup<double> other(overflow, 12);
    other.theta << 1, 0, 0, 1;
    other.inputs["x"](0, 7) = 800;
    CHECK(other.at().locate_nonfinite() == "exp#3: 1 of 24 values are not finite");
    CHECK(other.value() == std::numeric_limits<double>::infinity());
}
