// Mistakes of the caller throw before any work starts, with the rule, both sides and a name.

#include <functional>

#include <doctest/doctest.h>

#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::testing;

#define CHECK_REFUSED(expression, text) \
    CHECK_THROWS_WITH_AS(expression, doctest::Contains(text), std::invalid_argument)

TEST_CASE("graphs refuse shapes that do not fit, with shapes and names") {
    Graph<double> g;
    const auto w = g.parameter("mlp.w2", 128, 64), a = g.parameter("a", 3, 4);
    const auto x = g.input("x", 256), t = g.tokens("t", 2);
    const auto post = g.name("mlp.post", tanh(matmul(g.parameter("mlp.w1", 32, 256), x)));
    CHECK_THROWS_WITH_AS(
        matmul(w, post),
        "matmul: 128x64 times 32x1 per sample (mlp.w2, mlp.post): inner sizes must "
        "agree",
        std::invalid_argument);
    CHECK_REFUSED(matmul(post, w), "the left side must depend on parameters only");
    CHECK_REFUSED(matmul(a, x, Transpose::yes), "only products of two fixed nodes");
    CHECK_REFUSED(affine(w, post, a),
                  "affine: 128x64 times 32x1 per sample plus 3x4 (mlp.w2, "
                  "mlp.post, a): inner sizes must agree");
    CHECK_REFUSED(affine(g.parameter("w", 5, 32), post, a), "the bias must be a column");
    CHECK_REFUSED(add(a, post), "rows must agree");
    CHECK_REFUSED(add(g.parameter("c", 32), post), "a fixed first operand");
    CHECK_REFUSED(add(post, g.parameter("c2", 32, 3)), "must have the columns of the first");
    CHECK_REFUSED(mul(a, w), "shapes must agree");
    CHECK_REFUSED(gather(post, t), "the table must depend on parameters only");
    CHECK_REFUSED(gather(a, x), "the second input must be tokens");
    CHECK_REFUSED(concat_rows<double>({a, post}), "columns must agree");
    CHECK_REFUSED(concat_rows<double>({}), "there must be an input");
    CHECK_REFUSED(slice_rows(a, 2, 2),
                  "slice_rows: rows 2..4 of 3x4 (a): the slice must lie inside");
    CHECK_REFUSED(position(gather(a, t), 2), "there is no such position");
    CHECK_REFUSED(reshape(a, 5), "the rows must divide the numbers of a sample");
    CHECK_REFUSED(concat_rows(std::vector<Var<double>>(17, a)), "17 inputs");
}

TEST_CASE("an empty variable is refused by every builder, in every place, and by the model") {
    Graph<double> g;
    const auto w = g.parameter("w", 3, 3), b = g.parameter("b", 3), x = g.input("x", 3);
    const auto t = g.tokens("t");
    const Var<double> none, unmade{&g, -1}, beyond{&g, 99};
    using Build = std::function<Var<double>(Var<double>)>;
    const Build first[] = {
        [](auto v) { return tanh(v); },
        [](auto v) { return relu(v); },
        [](auto v) { return gelu(v); },
        [](auto v) { return gelu_tanh(v); },
        [](auto v) { return silu(v); },
        [](auto v) { return sigmoid(v); },
        [](auto v) { return exp(v); },
        [](auto v) { return square(v); },
        [](auto v) { return softmax(v); },
        [](auto v) { return sum_squares(v); },
        [](auto v) { return mean_positions(v); },
        [](auto v) { return scale(v, 2); },
        [](auto v) { return slice_rows(v, 0, 1); },
        [](auto v) { return position(v, 0); },
        [](auto v) { return reshape(v, 1); },
        [=](auto v) { return affine(v, x, b); },
        [=](auto v) { return matmul(v, x); },
        [=](auto v) { return add(v, x); },
        [=](auto v) { return sub(v, x); },
        [=](auto v) { return mul(v, x); },
        [=](auto v) { return gather(v, t); },
        [=](auto v) {
            return concat_rows<double>({v, x});
        },
        [=](auto v) { return cross_entropy(v, t); },
        [=](auto v) { return squared_error(v, x); },
        [=](auto v) { return squared_error(v, x, 0.5); },
    };
    for (const Build& build : first) {
        CHECK_REFUSED(build(none), ": input 1 is an empty Var, of no graph");
        CHECK_REFUSED(build(unmade), ": input 1 is an empty Var, of no graph");
    }
    const Build second[] = {
        [=](auto v) { return affine(w, v, b); },
        [=](auto v) { return matmul(w, v); },
        [=](auto v) { return add(x, v); },
        [=](auto v) { return mul(x, v); },
        [=](auto v) { return gather(w, v); },
        [=](auto v) { return concat_rows<double>({x, v}); },
        [=](auto v) { return cross_entropy(x, v); },
        [=](auto v) { return squared_error(x, v); },
    };
    for (const Build& build : second) {
        CHECK_REFUSED(build(none), ": input 2 is an empty Var, of no graph");
        CHECK_REFUSED(build(beyond), ": input 2 is no node of this graph");
    }
    CHECK_REFUSED(affine(w, x, none), "affine: input 3 is an empty Var, of no graph");
    CHECK_REFUSED(g.name("n", none), "graph: n names an empty Var, of no graph");
    CHECK_REFUSED(Model<double>(g, none), "model: the loss is an empty Var, of no graph");
    CHECK(g.nodes().size() == 4);  // none of them left a node
}

TEST_CASE("tokens are refused where numbers are wanted") {
    Graph<double> g;
    const auto t = g.tokens("t"), a = g.tokens("a");
    const auto w = g.parameter("w", 2, 1);
    CHECK_REFUSED(tanh(t), "tanh: t is tokens; this input takes numbers");
    CHECK_REFUSED(add(t, a), "takes numbers");
    CHECK_REFUSED(matmul(w, t), "takes numbers");
    CHECK_REFUSED(gather(t, a), "gather: t is tokens");
    CHECK_REFUSED(cross_entropy(t, a), "takes numbers");
    CHECK_REFUSED(sum_squares(t), "takes numbers");
}

TEST_CASE("graphs refuse names that are taken, and nodes of other graphs") {
    Graph<double> g, other;
    const auto w = g.parameter("w", 2, 2), foreign = other.parameter("v", 2, 2);
    CHECK_REFUSED(g.input("w", 3), "the name w is taken");
    CHECK_REFUSED(g.name("v", foreign), "another graph");
    CHECK_REFUSED(g.name("again", w), "w cannot be renamed to again");
    CHECK_REFUSED(mul(w, foreign), "mul: input 2 belongs to another graph");
    CHECK_REFUSED(g.parameter("", 2), "needs a name");
    CHECK_REFUSED(g.parameter("negative", -2), "negative size");
}

TEST_CASE("models refuse losses of the wrong shape and unknown names, with the nearest one") {
    Graph<double> g;
    Graph<double> other;
    const auto w = g.parameter("block0.mlp.pre", 2, 3);
    const auto h = g.name("block0.mlp.post", tanh(matmul(w, g.input("x", 3))));
    const auto loss = sum_squares(h);
    CHECK_REFUSED(Model<double>(g, h), "the loss is 2x1 per sample; it must have one row");
    CHECK_REFUSED(Model<double>(g, w), "the loss is 2x3; it must have one row");
    CHECK_REFUSED(Model<double>(other, loss), "another graph");
    Options taps, frozen, not_parameter;
    taps.taps = {"block0.mlp.posy"};
    CHECK_REFUSED(Model<double>(g, loss, taps),
                  "no node is named \"block0.mlp.posy\"; did you mean \"block0.mlp.post\"?");
    frozen.frozen = {"blok0.mlp.pre"};
    CHECK_REFUSED(Model<double>(g, loss, frozen), "did you mean \"block0.mlp.pre\"?");
    not_parameter.frozen = {"block0.mlp.post"};
    CHECK_REFUSED(Model<double>(g, loss, not_parameter), "is frozen but is not a parameter");
    const Model<double> model(g, loss);
    CHECK_REFUSED(model.node("quite something else"), "no node is named \"quite something else\"");
    CHECK(model.node("x") == 1);
}

TEST_CASE("batches refuse unknown slots, wrong sizes, and disagreeing samples") {
    Setup<double> s(network("embedding, reshaped"), 6);
    const std::vector<std::int32_t> tokens(12, 0);
    CHECK_REFUSED(s.batch.set("abc", tokens.data(), 12), "did you mean \"ab\"?");
    CHECK_REFUSED(s.batch.set("w", tokens.data(), 12), "w is not an input of the model");
    CHECK_REFUSED(s.batch.set("ab", tokens.data(), 11), "ab has 11 tokens; the model wants 2 per");
    const Mat<double> x = Mat<double>::Zero(2, 6);
    CHECK_REFUSED(s.batch.set("ab", Eigen::Map<const Mat<double>>(x.data(), 2, 6)),
                  "ab takes int32 tokens, not scalars");
    s.batch.set("ab", tokens.data(), 8);
    CHECK_REFUSED(s.value(), "ab has 4 samples but labels has 6");
    CHECK_REFUSED(s.batch.select(tokens.data(), -1), "negative number");
    Batch<double> empty = s.model.batch();
    CHECK_REFUSED(s.model.value(s.work, s.theta, empty), "ab was not set");

    Setup<double> r(network("regression over positions"), 6);
    CHECK_REFUSED(r.batch.set("x", Eigen::Map<const Mat<double>>(x.data(), 2, 6)),
                  "x is 2x6; the model wants 3x4 per sample");
    CHECK_REFUSED(r.batch.set("x", tokens.data(), 12), "x takes scalars, not tokens");
    const Mat<double> odd = Mat<double>::Zero(3, 6);
    CHECK_REFUSED(r.batch.set("x", Eigen::Map<const Mat<double>>(odd.data(), 3, 6)), "x is 3x6");
}

TEST_CASE("tokens, labels and selected samples out of range are refused before any work") {
    Setup<double> s(network("embedding, reshaped"), 6);
    s.tokens["labels"][4] = 7;
    CHECK_REFUSED(s.value(), "labels of sample 4 is 7; it must be in [0, 7)");
    s.tokens["labels"][4] = 0;
    s.tokens["ab"][3] = -1;
    CHECK_REFUSED(s.gradient(), "ab of sample 1 is -1; it must be in [0, 7)");
    // Samples that are not selected do not matter.
    const std::vector<std::int32_t> some = {0, 2, 3}, wrong = {0, 6};
    s.batch.select(some.data(), 3);
    s.value();
    s.batch.select(wrong.data(), 2);
    CHECK_REFUSED(s.value(), "sample 6 was selected; there are 6");
}

TEST_CASE("wrong sizes of theta, gradients, tangents and results are refused") {
    Setup<double> s(network("mlp tanh"), 4);
    const Index P = s.size();
    Vec<double> g(P - 1), theta = s.theta;
    CHECK_REFUSED(s.model.gradient(s.work, theta, s.batch, g), "the model has 118 parameters");
    theta.conservativeResize(P + 1);
    CHECK_REFUSED(s.model.value(s.work, theta, s.batch),
                  "theta has 119 numbers; the model has 118");
    const Point<double> point = s.at();
    Mat<double> V(P, 2), short_V(P - 1, 2), HV(P, 3);
    CHECK_REFUSED(point.hessian(V, HV), "hessian: the output is 118x3; it must be 118x2");
    CHECK_REFUSED(point.hessian(short_V, V), "hessian: V is 117x2; it must be 118x2");
    CHECK_REFUSED(point.curvature(short_V), "curvature: V is 117x2");
    Mat<double> z(4, 4), wide(4, 5);
    CHECK_REFUSED(point.jacobian(V, z), "jacobian: the output is 4x4; it must be 4x8");
    CHECK_REFUSED(point.jacobian_transpose(wide, V),
                  "5 columns are not a multiple of the node's 4");
    CHECK_REFUSED(point.activation(s.model.node("logits"), wide), "it must be 4x4");
    Vec<double> losses(3);
    CHECK_REFUSED(point.losses(losses), "losses: the output is 3x1; it must be 4x1");
    CHECK_REFUSED(s.model.read(s.work, s.theta, s.batch, s.model.node("logits"), wide),
                  "read: logits is 4x4; the output is 4x5");
    CHECK_REFUSED(s.model.read(s.work, s.theta, s.batch, s.model.node("labels"), wide), "labels");
}

TEST_CASE("nodes that do not exist are refused") {
    Setup<double> s(network("mlp tanh"), 4);
    Mat<double> y(4, 4);
    CHECK_REFUSED(s.model.read(s.work, s.theta, s.batch, -1, y), "there is no node -1");
    CHECK_REFUSED(s.model.read(s.work, s.theta, s.batch, 1000, y), "there is no node 1000");
    const Point<double> point = s.at();
    CHECK_REFUSED(point.activation(-1, y), "there is no node -1");
    CHECK_REFUSED(point.adjoint(1000, y), "there is no node 1000");
    CHECK_REFUSED(point.push(-1, y, 0, y), "there is no node -1");
    CHECK_REFUSED(point.pull(s.model.node("logits"), y, 99, y), "there is no node 99");
    CHECK_REFUSED(point.replay({}, 99, y), "there is no node 99");
}

TEST_CASE("a workspace or batch of another model is refused") {
    Setup<double> a(network("mlp tanh"), 4), b(network("mlp tanh"), 4);
    CHECK_REFUSED(a.model.value(b.work, a.theta, a.batch),
                  "the workspace belongs to another model");
    CHECK_REFUSED(a.model.value(a.work, a.theta, b.batch), "the batch belongs to another model");
}

TEST_CASE("a point is stale once its workspace was used for something else") {
    Setup<double> s(network("mlp tanh"), 4);
    Mat<double> V = directions(s.size(), 1), HV = V, y(4, 4);
    const Node logits = s.model.node("logits");
    const auto check_stale = [&](const Point<double>& point) {
        CHECK_THROWS_WITH_AS(point.hessian(V, HV), doctest::Contains("point: stale"),
                             std::logic_error);
        CHECK_THROWS_AS(point.value(), std::logic_error);
        CHECK_THROWS_AS(point.gradient(), std::logic_error);
        CHECK_THROWS_AS(point.activation(logits, y), std::logic_error);
        CHECK_THROWS_AS(point.curvature(V), std::logic_error);
        CHECK_THROWS_AS(point.locate_nonfinite(), std::logic_error);
        CHECK_THROWS_AS(point.replay({}, logits, y), std::logic_error);
    };
    Point<double> point = s.at();
    point.hessian(V, HV);
    const Point<double> next = s.at();
    check_stale(point);
    next.hessian(V, HV);
    point = s.at();
    s.value();
    check_stale(point);
    point = s.at();
    s.gradient();
    check_stale(point);
    point = s.at();
    s.model.read(s.work, s.theta, s.batch, logits, y);
    check_stale(point);
    point = s.at();
    s.work.edit({});
    check_stale(point);
    // Another workspace does no harm.
    point = s.at();
    Workspace<double> other(s.model);
    s.model.value(other, s.theta, s.batch);
    point.hessian(V, HV);
}

TEST_CASE("products that the loss does not define are refused by name") {
    Setup<double> decayed(network("weight decay in the loss"), 4);
    const Point<double> point = decayed.at();
    Mat<double> V = directions(decayed.size(), 1), R = V, z(3, 4);
    CHECK_THROWS_WITH_AS(point.gauss_newton(V, R), doctest::Contains("gauss_newton: not defined"),
                         std::logic_error);
    CHECK_THROWS_WITH_AS(point.fisher(Fisher::exact, V, R), doctest::Contains("fisher"),
                         std::logic_error);
    CHECK_THROWS_AS(point.fisher(Fisher::sampled, V, R), std::logic_error);
    CHECK_THROWS_AS(point.gauss_newton_curvature(V), std::logic_error);
    CHECK_THROWS_AS(point.jacobian(V, z), std::logic_error);
    CHECK_THROWS_AS(decayed.model.product_flops(Product::gauss_newton, 4), std::logic_error);
    point.fisher(Fisher::empirical, V, R);
    Setup<double> two(network("two losses"), 4);
    Mat<double> W = directions(two.size(), 1);
    CHECK_THROWS_WITH_AS(two.at().jacobian(W, z),
                         doctest::Contains("exactly one loss op, it has 2"), std::logic_error);
    Setup<double> free(network("a potential without data"), 1);
    Mat<double> U = directions(free.size(), 1), FU = U;
    CHECK_THROWS_WITH_AS(free.at().fisher(Fisher::empirical, U, FU),
                         doctest::Contains("needs no data"), std::logic_error);
}

TEST_CASE("edits refuse nodes that are no taps, parameters, and shapes that do not fit") {
    Options options;
    options.taps = {"h0", "w1", "labels"};
    Setup<double> s(network("mlp tanh"), 4, options);
    const Node h0 = s.model.node("h0");
    const Mat<double> seven = Mat<double>::Ones(7, 1);
    const auto edit = [&](Node node, Mat<double> keep, Mat<double> put, Mat<double> remove) {
        s.work.edit({Edit<double>{node, std::move(keep), std::move(put), std::move(remove)}});
    };
    CHECK_REFUSED(edit(s.model.node("h1"), {}, {}, {}), "h1 is not in Options::taps");
    CHECK_REFUSED(edit(s.model.node("w1"), {}, {}, {}), "w1 is a parameter; change theta instead");
    CHECK_REFUSED(edit(s.model.node("labels"), {}, {}, {}), "labels");
    CHECK_REFUSED(edit(99, {}, {}, {}), "node 99 does not exist");
    CHECK_REFUSED(edit(h0, Mat<double>::Ones(6, 1), {}, {}),
                  "h0 has 7 rows, a matrix of its edit has 6");
    CHECK_REFUSED(edit(h0, {}, {}, Mat<double>::Ones(7, 8)), "remove has more columns than rows");
    edit(h0, Mat<double>::Ones(7, 3), {}, {});
    CHECK_REFUSED(s.value(), "h0 has 4 columns, its edit has 3; give 1 or all");
    edit(h0, seven, seven, {});
    s.value();
    s.work.edit({});
    const Point<double> point = s.at();
    Mat<double> y(7, 4);
    CHECK_REFUSED(point.replay({{h0, Mat<double>::Ones(7, 3), {}, {}}}, h0, y), "its edit has 3");
    CHECK_REFUSED(point.push(s.model.node("h1"), y, h0, y),
                  "h1 is neither a parameter nor listed in Options::taps");
}
